// Row N12 of reliability.md on a fleet of real node processes: more documents than can be built, half of them invalid.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { figuresOf } from '../kit/figures.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { nodeFleetFor } from '../kit/node-fleet.ts';
import type { NodeProcess } from '../kit/node-process.ts';
import { FULL } from '../kit/sized.ts';
import { liveOf } from '../reload/bus-gateway.ts';

const MIB = 1024 * 1024;

/** How many nodes, documents and seconds. */
interface Flood {
  readonly count: number;
  readonly revisions: number;
  readonly seconds: number;
}

// The 1,000 documents in a minute, and what the server takes in a second, as the row has it.
const FLOODS: readonly Flood[] = FULL
  ? [
      { count: 5, revisions: 1000, seconds: 60 },
      { count: 5, revisions: 60_000, seconds: 60 },
    ]
  : [{ count: 3, revisions: 1000, seconds: 6 }];

for (const { count, revisions, seconds } of FLOODS)
  test(
    `N12: of ${revisions} documents in ${seconds} s, half of them invalid, the newest valid one serves on ${count} nodes, and no request is lost`,
    { ...needsNats(), timeout: 300_000 },
    async (t) => {
      const random = chance(t);
      const nats = await natsServerFor(t);
      const fleet = await nodeFleetFor(t, { count, servers: [nats.url], preload: ['figures.ts'] });
      const client = await foreignClient(nats.port);
      t.teardown(() => client.close());
      await client.put('postern', 'config.edge', liveOf('start'));
      await fleet.serve('start');
      const load = fleet.load(1000);
      // The code that runs under load is compiled, and memory is what it is when requests come.
      await delay(3000);
      const quiet = await shareOf(fleet.nodes, () => delay(2000));
      const [before, keptBefore] = [
        fleet.nodes.map((node) => node.usage()),
        await Promise.all(fleet.nodes.map(figuresOf)),
      ];
      const flooded = await shareOf(fleet.nodes, async () => {
        const start = performance.now();
        let at = 0;
        // A busy server takes fewer in that time.
        while (at < revisions && performance.now() - start < seconds * 1000) {
          at += 1;
          const valid = random() < 0.5;
          await client.put('postern', 'config.edge', liveOf(`v${at}`, valid ? '' : 'wrong: 1\n'));
          const early = start + (at * seconds * 1000) / revisions - performance.now();
          if (early > 0) await delay(early);
        }
        t.comment(`${at} documents took ${((performance.now() - start) / 1000).toFixed(1)} s`);
      });
      const start = performance.now();
      // A valid one that an invalid one overtook was not seen by every node: the next valid one counts for all.
      const revision = await client.put('postern', 'config.edge', liveOf('last'));
      t.equal((await fleet.reach(revision)).size, 1, 'one digest');
      await fleet.serve('last');
      t.comment(`the last one serves ${(performance.now() - start).toFixed(0)} ms later`);
      const [after, keptAfter] = [
        fleet.nodes.map((node) => node.usage()),
        await Promise.all(fleet.nodes.map(figuresOf)),
      ];
      const reloads = await Promise.all(fleet.nodes.map(async (node) => (await node.status()).reloads));
      const { sent, lost } = await load.stop();
      t.same(lost, [], `lost of ${sent}`);
      t.comment(
        `CPU share of each node: ${show(quiet.map(percent))} under requests, ${show(flooded.map(percent))} with the flood`,
      );
      t.comment(
        `RSS before, after, in MiB: ${show(before.map(({ rss }) => mebibytes(rss)))}; ${show(after.map(({ rss }) => mebibytes(rss)))}`,
      );
      t.comment(`accepted + refused: ${show(reloads.map(({ accepted, refused }) => `${accepted} + ${refused}`))}`);
      const grown = keptAfter.map(({ kept }, at) => kept - (keptBefore[at]?.kept ?? 0));
      // A queue of the documents would show here. What a collection leaves, because when one runs is up to the engine.
      t.ok(
        Math.max(...grown) < 8 * MIB,
        `kept after a collection, more than before: ${show(grown.map(mebibytes))} MiB`,
      );
    },
  );

/** Share of one core that each node used while something ran. */
async function shareOf(nodes: readonly NodeProcess[], run: () => Promise<void>): Promise<readonly number[]> {
  const before = nodes.map((node) => node.usage().cpu);
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  return nodes.map((node, at) => (node.usage().cpu - (before[at] ?? 0)) / seconds);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function show(texts: readonly string[]): string {
  return texts.join(', ');
}
