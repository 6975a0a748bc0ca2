// Row M3 of reliability.md: a node joins while documents come.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { nodeFleetFor, nodeProcessFor, serves } from '../kit/node-fleet.ts';
import type { NodeProcess } from '../kit/node-process.ts';
import { liveOf } from '../reload/bus-gateway.ts';

test(
  'M3: a node that joins while documents come ends on the newest, and every answer is of one of them',
  needsNats(),
  async (t) => {
    const random = chance(t);
    const nats = await natsServerFor(t);
    const fleet = await nodeFleetFor(t, { count: 2, servers: [nats.url] });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    await client.put('postern', 'config.edge', pairOf('0'));
    await fleet.serve('0');
    const load = fleet.load(600);
    let published = 0;
    let running = true;
    const publishing = (async () => {
      while (running) {
        await delay(100);
        await client.put('postern', 'config.edge', pairOf(String((published += 1))));
      }
    })();
    const joined: NodeProcess[] = [];
    let answers = 0;
    for (let round = 0; round < 3; round += 1) {
      await delay(random() * 300);
      const node = await nodeProcessFor(t, { servers: [nats.url] });
      joined.push(node);
      const seen = await versionsOf(node, 1500);
      answers += seen.length;
      t.ok(
        seen.every(({ version, again }) => version === again),
        'no answer is of two documents',
      );
      const versions = seen.flatMap(({ version }) => (version === null ? [] : [Number(version)]));
      t.same(
        versions,
        versions.toSorted((one, other) => one - other),
        'versions rise',
      );
      t.ok((versions.at(-1) ?? 0) > (versions[0] ?? 0), `it follows: from ${versions[0]} to ${versions.at(-1)}`);
    }
    running = false;
    await publishing;
    await fleet.serve(String(published));
    await Promise.all(joined.map((node) => serves(node, String(published))));
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}, and ${answers} of nodes that joined, while ${published} documents came`);
  },
);

/** A document whose answers say its version twice, from two levels. */
function pairOf(version: string): string {
  return `${liveOf(version)}gateway: { policies: [again] }\n`.replace(
    'policies:\n',
    `policies:\n  - { name: again, plugin: headers, config: { response: { set: { x-again: "${version}" } } } }\n`,
  );
}

/** What answers of a node say for so many milliseconds, and until it followed once; null while it has no document. */
async function versionsOf(
  { url }: NodeProcess,
  milliseconds: number,
): Promise<readonly { readonly version: string | null; readonly again: string | null }[]> {
  const seen: { readonly version: string | null; readonly again: string | null }[] = [];
  const end = performance.now() + milliseconds;
  const followed = new Set<string>();
  while (performance.now() < end || followed.size < 2) {
    const answer = await fetch(url);
    await answer.text();
    const { headers, status } = answer;
    if (status !== 200 && status !== 503) throw new Error(`answered ${status}`);
    const version = headers.get('x-version');
    if (version !== null) followed.add(version);
    seen.push({ version, again: headers.get('x-again') });
  }
  return seen;
}
