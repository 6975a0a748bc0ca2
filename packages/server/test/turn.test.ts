import { test } from 'tap';
import { drive } from '../src/drive.ts';
import { afterReads } from '../src/wire/turn.ts';
import { busyTurn } from './busy-turn.ts';

test('what was read is decided before the next slice of a compile', async (t) => {
  const order: string[] = [];
  function* stages(): Generator<undefined, string, undefined> {
    for (let slice = 0; slice < 3; slice += 1) {
      order.push('slice');
      const until = performance.now() + 10;
      while (performance.now() < until);
      yield undefined;
    }
    return 'done';
  }
  await busyTurn();
  const driven = drive(stages());
  // Read after the compile asked for its next turn, as in a loop that has both to do.
  afterReads({ lookAtRead: () => void order.push('message') });
  t.equal(await driven, 'done');
  t.strictSame(order, ['slice', 'message', 'slice', 'slice']);
});

test('a turn is in parts after one that brought many messages, and after one of few a message waits for nothing', async (t) => {
  let seen = 0;
  const reader = { lookAtRead: () => void (seen += 1) };
  await busyTurn();
  for (let message = 0; message < 3; message += 1) afterReads(reader);
  t.equal(seen, 0);
  await new Promise(setImmediate);
  t.equal(seen, 3);
  afterReads(reader);
  t.equal(seen, 4);
});

test('one message in 32 is tried in a turn of parts, and what comes in that turn with it', async (t) => {
  const order: number[] = [];
  for (let message = 1; message <= 34; message += 1) afterReads({ lookAtRead: () => void order.push(message) });
  const now = order.length;
  t.ok(now < 34, `${now} at once`);
  await new Promise(setImmediate);
  t.strictSame(
    order,
    Array.from({ length: 34 }, (_, at) => at + 1),
    'in order',
  );
});
