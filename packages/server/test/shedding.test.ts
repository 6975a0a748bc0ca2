/** When shedding begins and ends: by what is measured, told in the test's own time. */
import { test } from 'tap';
import { LoopDelay } from '../src/loop-delay.ts';
import { Shedding } from '../src/shedding.ts';
import { Vitals } from '../src/vitals.ts';

const SECTION = { closeAt: 0.92, refuseAt: 0.95, eventLoopDelay: 1000 };

interface Machine {
  readonly shedding: Shedding;
  readonly vitals: Vitals;
  readonly said: string[];
  heap: number;
  memory: number;
  /** What a collection leaves of the heap. */
  live: number;
  collections: number;
  now: number;
}

function machine(section = SECTION): Machine {
  const said: string[] = [];
  const vitals = new Vitals();
  const one: Omit<Machine, 'shedding'> = { vitals, said, heap: 0.3, memory: 0, live: 2, collections: 0, now: 10_000 };
  const pressure = {
    heapLimit: 64 * 1024 * 1024,
    heap: () => made.heap,
    memory: () => made.memory,
    cpu: () => 0,
    now: () => made.now,
    collect: () => {
      made.collections += 1;
      made.heap = Math.min(made.heap, made.live);
      made.now += 10;
    },
  };
  const say = (_record: object, message: string): void => void said.push(message);
  const made: Machine = {
    ...one,
    shedding: new Shedding({ section, pressure, vitals, log: { info: say, warn: say } }),
  };
  return made;
}

/** Looks at it a second later. */
function after(one: Machine, change: Partial<Pick<Machine, 'heap' | 'memory' | 'live'>>): string | undefined {
  Object.assign(one, change);
  one.now += 1_000;
  one.shedding.look();
  return one.shedding.state;
}

test('memory: connections are asked to end at closeAt, requests refused at refuseAt, and each ends below its mark only', async (t) => {
  const one = machine();
  t.equal(after(one, { heap: 0.76 }), undefined);
  t.equal(one.shedding.left, 1, 'the next request asks nothing');
  t.equal(after(one, { heap: 0.8 }), undefined);
  t.equal(one.shedding.left, 0, 'each one looks');
  t.notOk(one.shedding.closing);
  t.equal(after(one, { heap: 0.925 }), 'closing');
  t.ok(one.shedding.closing);
  t.notOk(one.shedding.refuses());
  t.equal(after(one, { heap: 0.96 }), 'refusing');
  t.ok(one.shedding.closing && one.shedding.refuses());
  t.equal(after(one, { heap: 0.91 }), 'refusing', 'below the mark, but not far enough');
  t.equal(after(one, { heap: 0.89 }), 'closing');
  t.equal(after(one, { heap: 0.93 }), 'closing');
  t.equal(after(one, { heap: 0.88 }), 'closing');
  t.equal(after(one, { heap: 0.86 }), undefined);
  t.notOk(one.shedding.closing);
  t.equal(one.vitals.shedding.value, 0);
  t.equal(one.said.length, 4, 'one line for each change');
  t.match(one.said[0], 'shedding: 93 % of the memory are in use: connections are asked to end');
  t.match(one.said[1], 'shedding: 96 % of the memory are in use: new requests are answered 503');
  t.match(one.said[3], /^shedding is over: \d s, 1 requests were answered 503/);
});

test('what a collection frees does not count, and one that freed nothing is not tried again at once', async (t) => {
  const one = machine();
  t.equal(after(one, { heap: 0.97, live: 0.4 }), undefined);
  t.equal(one.collections, 1);
  one.live = 0.97;
  one.heap = 0.97;
  one.shedding.look();
  t.equal(one.shedding.state, 'refusing', 'the last collection was just now');
  t.equal(one.collections, 1);
  t.equal(after(one, { heap: 0.97, live: 0.97 }), 'refusing');
  t.equal(one.collections, 2);
  t.equal(after(one, { live: 0.3 }), undefined, 'a process that does little is well again without help');
});

test('many requests within one turn of the event loop find the heap as it is', async (t) => {
  const one = machine();
  after(one, { heap: 0.85, live: 2 });
  t.notOk(one.shedding.refuses());
  one.heap = 0.96;
  t.ok(one.shedding.refuses(), 'without a look in between');
});

test('the memory of the machine counts like the heap', async (t) => {
  const one = machine();
  t.equal(after(one, { memory: 0.96 }), 'refusing');
  t.equal(after(one, { memory: 0.5 }), undefined);
});

test('marks of 1 switch it off', async (t) => {
  const one = machine({ ...SECTION, closeAt: 1, refuseAt: 1 });
  t.equal(after(one, { heap: 1.2, memory: 1.2 }), undefined);
});

test('the event loop: four late looks in a row count, a long turn now and then does not', async (t) => {
  const delay = new LoopDelay(1000);
  for (const late of [5000, 0, 3000, 3000, 3000, 10]) delay.add(late);
  t.equal(delay.state, 'calm');
  for (let nth = 0; nth < 4; nth += 1) delay.add(1100);
  t.equal(delay.state, 'closing');
  for (let nth = 0; nth < 4; nth += 1) delay.add(2100);
  t.equal(delay.state, 'refusing');
  for (let nth = 0; nth < 7; nth += 1) delay.add(10);
  t.equal(delay.state, 'refusing', 'not yet');
  delay.add(700);
  for (let nth = 0; nth < 8; nth += 1) delay.add(10);
  t.equal(delay.state, 'calm');
});
