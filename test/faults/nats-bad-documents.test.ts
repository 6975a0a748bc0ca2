// Row N10 of reliability.md: what no node can take is refused on the bus within 200 ms, and holds up no request.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { openBus } from '@postern/source-nats';
import type { NodeReport } from '@postern/source-nats';
import { test } from 'tap';
import type { Test } from 'tap';
import { figuresOf } from '../kit/figures.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import type { ForeignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import type { NatsServer } from '../kit/nats-server.ts';
import { nodeProcessFor, serves } from '../kit/node-fleet.ts';
import type { NodeProcess } from '../kit/node-process.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { liveOf } from '../reload/bus-gateway.ts';

const MIB = 1024 * 1024;
/** Times are the best of so many: what the scheduler of a busy machine adds is not the node's. */
const TRIES = 3;
const MOST_TRIES = 60;
/** Milliseconds that a document may hold the event loop of a node. */
const LONGEST_TURN = 50;
/** Milliseconds from the put to the word of the node. */
const LONGEST_ANSWER = 200;
/** MiB that a bad document may leave in memory. */
const MOST_GROWTH = 32;

const badPattern = liveOf('bad').replace(
  'policies:\n',
  'policies:\n  - { name: cors, plugin: cors, config: { allowOrigins: ["~https://("] } }\n',
);
const manyRoutes = Array.from({ length: 10_000 }, (_, at) => `      - { name: r${at}, path: "/r${at}/{id}" }\n`).join(
  '',
);

/** What it is, the value, and the code of the issue that it is refused with. */
const BAD: readonly (readonly [what: string, value: string | Uint8Array, code: string])[] = [
  ['malformed', 'apiGroups: [', 'document/syntax'],
  ['of another schema', liveOf('bad', 'unknown: 1\n'), 'document/unknown-key'],
  ['with a bad pattern', badPattern, 'cors/origin-regex'],
  ['broken gzip', gzipSync(liveOf('bad')).subarray(0, 40), 'source/broken-gzip'],
  // P-CFG-026: a file that doubled beyond a hard limit.
  ['valid, of 9 MiB', gzipSync(liveOf('bad', `# ${'x'.repeat(98)}\n`.repeat(94_400))), 'source/too-large'],
  ['a bomb of 256 MiB', gzipSync(Buffer.alloc(256 * MIB)), 'source/too-large'],
  // P-CFG-033: blank fields that would wipe every route.
  ['of other fields, empty', '{"version":1,"groups":[]}', 'document/no-groups'],
  ['without groups', '{"upstreams":[],"apiGroups":[]}', 'document/no-groups'],
];

test(
  'N10: bad documents are refused on the bus with a reason within 200 ms, and nothing is lost',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const { node, client } = await startedNode(t, nats);
    const reports = await reportsOf(t, nats);
    await delay(500);
    const load = steadyLoad(node.url, 500);
    await delay(500);
    for (const [what, value, code] of BAD) {
      const took: number[] = [];
      const grown: number[] = [];
      const good = (): boolean =>
        took.length >= 2 && Math.min(...took) <= LONGEST_ANSWER && Math.min(...grown) <= MOST_GROWTH;
      while (!good() && took.length < MOST_TRIES) {
        const { rss } = node.usage();
        const start = performance.now();
        const revision = await client.put('postern', 'config.edge', value);
        await until(async () => reports.some((report) => report.revision === revision), `nothing is said of ${what}`);
        took.push(performance.now() - start);
        grown.push((node.usage().rss - rss) / MIB);
        t.match(
          reports.findLast((report) => report.revision === revision),
          { state: 'refused', issues: [{ code }] },
          what,
        );
        t.equal(await node.version(), 'good');
      }
      const [fastest, least] = [Math.min(...took), Math.min(...grown)];
      t.ok(fastest <= LONGEST_ANSWER, `${what}: ${fastest.toFixed(1)} ms from the put to the word of the node`);
      t.ok(least <= MOST_GROWTH, `${what}: memory grew by ${least.toFixed(1)} MiB`);
    }
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}, while ${reports.length} words of the node came`);
  },
);

test('N10: large documents hold the event loop of a node for 50 ms at most', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const { node } = await startedNode(t, nats);
  const refused = await foreignClient(nats.port);
  await t.rejects(
    refused.put('postern', 'config.edge', Buffer.alloc(MIB + 1)),
    'what is larger than the server takes is refused there',
  );
  refused.close();
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  const documents: readonly (readonly [string, (version: string) => string | Uint8Array])[] = [
    ['0.9 MiB, plain', (version) => liveOf(version, `# ${'x'.repeat(98)}\n`.repeat(9000))],
    [
      '7.8 MiB, gzip-ed',
      (version) =>
        gzipSync(liveOf(version, `# ${randomBytes(49).toString('hex')}\n${'#'.repeat(99)}\n`.repeat(40_000))),
    ],
    [
      '10,000 routes, gzip-ed',
      (version) =>
        gzipSync(
          `${liveOf(version).replace(' policies: [version] }\n', ' policies: [version], routes: [\n')}${manyRoutes.replaceAll('      - ', '      ').replaceAll('}\n', '},\n')}    ] }\n`,
        ),
    ],
  ];
  for (const [what, documentOf] of documents) {
    const turns: number[] = [];
    const good = (): boolean => turns.length >= TRIES && Math.min(...turns) <= LONGEST_TURN;
    while (!good() && turns.length < MOST_TRIES) {
      const version = `${what.length}-${turns.length}`;
      const value = documentOf(version);
      await figuresOf(node);
      await delay(200);
      await client.put('postern', 'config.edge', value);
      await serves(node, version);
      turns.push((await figuresOf(node)).longestTurn);
    }
    t.comment(`${what}: longest turns ${turns.map((turn) => turn.toFixed(1)).join(', ')} ms`);
    t.ok(good(), what);
  }
});

/** A node that serves a good document, with what it takes to put others. */
async function startedNode(
  t: Test,
  nats: NatsServer,
): Promise<{ readonly node: NodeProcess; readonly client: ForeignClient }> {
  const node = await nodeProcessFor(t, { servers: [nats.url], preload: ['figures.ts'] });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  await client.put('postern', 'config.edge', liveOf('good'));
  await serves(node, 'good');
  return { node, client };
}

/** What nodes say from now on. */
async function reportsOf(t: Test, nats: NatsServer): Promise<readonly NodeReport[]> {
  const bus = await openBus({ servers: [nats.url], name: 'test' });
  const ending = new AbortController();
  t.teardown(async () => {
    ending.abort();
    await bus.close();
  });
  const nodes = await bus.bucket('postern-nodes');
  const reports: NodeReport[] = [];
  void (async () => {
    for await (const { bytes, operation } of nodes.watch('node.edge.*', undefined, ending.signal))
      if (operation === 'put') reports.push(JSON.parse(new TextDecoder().decode(bytes)));
  })();
  return reports;
}
