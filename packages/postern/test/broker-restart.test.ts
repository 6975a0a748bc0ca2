// A broker that goes away and comes back, or does not, while a command waits.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { foreignClient } from '../../../test/kit/foreign-client.ts';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { until } from '../../../test/kit/until.ts';
import { EDGE, startFleet } from './fleet.ts';
import type { TestFleet } from './fleet.ts';
import type { Run } from './spawn.ts';

/** Speaks as soon as the connection of the test is whole again. */
async function sayAgain(fleet: TestFleet, node: string, report: Readonly<Record<string, unknown>>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const said = await Promise.race([fleet.say(node, report).catch(() => 0), delay(300, 0)]);
    if (said > 0) return;
    await delay(20);
  }
  throw new Error('nobody takes it');
}

/** Waits until the command has published, and watches what the nodes say. */
async function isWatching({ nats }: TestFleet): Promise<void> {
  const client = await foreignClient(nats.port);
  await until(async () => {
    const { state } = await client.api('STREAM.INFO.KV_postern-nodes');
    return (state as { consumer_count: number }).consumer_count > 0;
  }, 'it does not watch');
  client.close();
}

async function shows(started: Run, what: string): Promise<void> {
  while (!`${started.out()}${started.err()}`.includes(what)) {
    if (started.child.exitCode !== null) throw new Error(`it ended without ${what}: ${started.out()}${started.err()}`);
    await delay(10);
  }
}

test(
  'push waits on while the broker restarts, and ends when the nodes have answered after it',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.say('a');
    await fleet.say('b');
    const started = fleet.start(['push', 'gateway.yaml', '--wait', '2m']);
    await shows(started, 'waiting for a, b');
    await fleet.say('a', { revision: 1 });
    await shows(started, 'a: accepted revision 1');
    await fleet.nats.kill();
    await shows(started, 'the server is out of reach');
    await fleet.nats.start();
    const back = performance.now();
    await sayAgain(fleet, 'b', { revision: 1 });
    t.equal(await started.ended, 0, started.out() + started.err());
    t.match(started.out(), /\nb: accepted revision 1\n2 of 2 nodes accepted revision 1\n$/);
    t.ok(performance.now() - back < 60_000, 'long before the wait is over');
  },
);

test(
  'an answer that came while the connection was down counts: nothing is waited for twice',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.say('a');
    const started = fleet.start(['push', 'gateway.yaml', '--wait', '2m']);
    await shows(started, 'waiting for a');
    // Frozen, not dead: the connection of the command stays, and hears nothing.
    started.child.kill('SIGSTOP');
    await fleet.nats.kill();
    await fleet.nats.start();
    await sayAgain(fleet, 'a', { revision: 1 });
    started.child.kill('SIGCONT');
    t.equal(await started.ended, 0, started.out() + started.err());
  },
);

test(
  'push ends at its deadline though the broker never comes back, and says who is missing',
  needsNats(),
  async (t) => {
    for (const fault of ['kill', 'freeze'] as const) {
      const fleet = await startFleet(t);
      await fleet.say('a');
      const started = fleet.start(['push', 'gateway.yaml', '--wait', '3s', '--json']);
      await isWatching(fleet);
      await delay(500);
      const gone = performance.now();
      await fleet.nats[fault]();
      t.equal(await started.ended, 1, fault);
      t.ok(performance.now() - gone < 30_000, `${fault}: ends in time`);
      t.match(
        started.err(),
        /0 of 1 node accepted revision 1; a said nothing within 3 s[^]*\n {2}fix: see postern status/,
      );
      if (fault === 'kill') t.match(started.err(), ', and the server is out of reach');
      t.match(JSON.parse(started.out()), { state: 'late', silent: ['a'] });
      await fleet.nats.kill();
    }
  },
);

test('status --watch goes on after the broker restarted', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.bucket.put('config.edge', Buffer.from(EDGE));
  await fleet.say('a', { revision: 1 });
  const started = fleet.start(['status', '--watch', '--json']);
  await shows(started, '"node":"a"');
  await fleet.nats.kill();
  await shows(started, 'the server is out of reach; this goes on when it answers');
  await fleet.nats.start();
  await sayAgain(fleet, 'b', { revision: 1 });
  await shows(started, '"node":"b"');
  started.child.kill('SIGINT');
  t.equal(await started.ended, 0);
  t.equal(started.err(), 'postern: the server is out of reach; this goes on when it answers\n');
});
