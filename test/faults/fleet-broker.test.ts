// Row N3 of reliability.md on a fleet of real node processes: the broker is killed while documents are being put.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import type { NatsServer } from '../kit/nats-server.ts';
import { nodeFleetFor } from '../kit/node-fleet.ts';
import { sized } from '../kit/sized.ts';
import { liveOf } from '../reload/bus-gateway.ts';

const [COUNT, ROUNDS] = [sized(3, 5), sized(5, 20)];

test(
  `N3: ${COUNT} node processes are on one digest within 5 s each time the broker was killed, and no request is lost`,
  { ...needsNats(), timeout: 300_000 },
  async (t) => {
    const random = chance(t);
    const nats = await natsServerFor(t);
    const fleet = await nodeFleetFor(t, { count: COUNT, servers: [nats.url] });
    const first = await foreignClient(nats.port);
    await first.put('postern', 'config.edge', liveOf('start'));
    first.close();
    await fleet.serve('start');
    const load = fleet.load(1000);
    const took: number[] = [];
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      acknowledged += await putUntilKilled(nats, { round, after: random() * 300 });
      await delay(random() * 500);
      await nats.start();
      const back = performance.now();
      const { revision, text } = await newestOf(nats);
      const digests = await fleet.reach(revision);
      took.push(performance.now() - back);
      t.equal(digests.size, 1, `one digest at revision ${revision}`);
      await fleet.serve(/x-version: "([^"]*)"/.exec(text)?.[1] ?? '');
    }
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}, while ${acknowledged} documents were put and the broker killed ${ROUNDS} times`);
    const sorted = took.toSorted((one, other) => one - other);
    const [median = 0, longest = 0] = [sorted[Math.floor(ROUNDS / 2)], sorted.at(-1)];
    t.comment(`restart to one digest: p50 ${median.toFixed(0)} ms, longest ${longest.toFixed(0)} ms`);
    // Where tests share two cores, one of them may be late; all of them have come, or `reach` would have thrown.
    t.ok(median < 5000, `median of ${took.length}`);
  },
);

/** Puts documents as fast as they are acknowledged, until the server is gone in the middle of one; how many were. */
async function putUntilKilled(
  nats: NatsServer,
  { round, after }: { readonly round: number; readonly after: number },
): Promise<number> {
  const client = await foreignClient(nats.port);
  let count = 0;
  const putting = (async () => {
    for (;;) {
      await client.put('postern', 'config.edge', liveOf(`r${round}-${count}`));
      count += 1;
    }
  })().catch(() => undefined);
  await delay(after);
  await nats.kill();
  client.close();
  // What was asked last is never answered.
  await Promise.race([putting, delay(100)]);
  return count;
}

async function newestOf(nats: NatsServer): Promise<{ readonly revision: number; readonly text: string }> {
  const reader = await foreignClient(nats.port);
  const found = await reader.api('STREAM.MSG.GET.KV_postern', { last_by_subj: '$KV.postern.config.edge' });
  reader.close();
  const { seq, data } = found['message'] as { readonly seq: number; readonly data: string };
  return { revision: seq, text: Buffer.from(data, 'base64').toString() };
}
