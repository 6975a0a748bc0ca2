// Put to enforced, on five node processes under steady requests. Enforced is when a node has said that it accepted, a little after it serves: they are upper bounds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openBus, packValue } from '@postern/source-nats';
import type { Bus } from '@postern/source-nats';
import { figure, measuredLine } from '../core/own.ts';
import type { Figure } from '../core/results.ts';
import { percentile } from '../core/statistics.ts';
import { freePort } from '../run/free-port.ts';
import { figuresOf } from '../../test/kit/figures.ts';
import { natsBinaries } from '../../test/kit/nats-server.ts';
import { nodeFleetFor } from '../../test/kit/node-fleet.ts';

const NODES = 5;
/** Requests a second, to all nodes together. */
const REQUESTS = 500;
/** Documents. */
const quick = process.argv.includes('quick');
const [SMALL, LARGE] = quick ? [50, 1] : [200, 10];
/** Milliseconds after which nodes are ready for a large document. */
const WARM = quick ? 1000 : 5000;

const endings: (() => Promise<void>)[] = [];
const atEnd = { teardown: (end: () => Promise<void>) => void endings.unshift(end) };
// Whoever reads the first lines only, or gives up, must not leave nodes behind that the next run is measured beside.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endAll(1));
process.stdout.on('error', () => void endAll(1));

if (natsBinaries().length === 0) {
  console.log(measuredLine({ figures: {}, absent: 'no nats-server here: node scripts/nats-server.mjs' }));
  process.exit(0);
}
const url = await startServer();
const bus = await connected();
const bucket = await bus.bucket('postern', { history: 64 });
const nodes = await bus.bucket('postern-nodes', { history: 1, ttl: 20_000 });
const fleet = await nodeFleetFor(atEnd, { count: NODES, servers: [url], preload: ['figures.ts'] });

await put('warm', 1);
await delay(WARM);
const small = await measure({ times: SMALL, routes: 1, pause: 20 });
const large = await measure({ times: LARGE, routes: 10_000, pause: 500 });
const rss = fleet.nodes.map((node) => node.usage().rss / 1024 / 1024);
const figures: Readonly<Record<string, Figure>> = {
  'small p50': figure('ms', percentile(small.took, 0.5)),
  'small p99': figure('ms', percentile(small.took, 0.99)),
  'small turn': figure('ms', ...small.turns),
  '10,000 routes, first': figure('ms', large.took[0] ?? Number.NaN),
  '10,000 routes, p50': figure('ms', percentile(large.took, 0.5)),
  '10,000 routes, turn': figure('ms', ...large.turns),
  rss: figure('MiB', ...rss),
  'failed requests': figure('', small.failed + large.failed),
};
const note = `${NODES} processes on ${availableParallelism()} cores, ${small.sent + large.sent} requests meanwhile; turn: the longest of the event loop of each node`;
console.log(measuredLine({ figures, note }));
await bus.close();
await endAll(0);

/** Puts documents one after the other under steady requests. */
async function measure({ times, routes, pause }: Readonly<Record<'times' | 'routes' | 'pause', number>>) {
  const load = fleet.load(REQUESTS);
  await delay(1000);
  await Promise.all(fleet.nodes.map(figuresOf));
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    await delay(pause);
    took.push(await put(`${routes}-${at}`, routes));
  }
  const turns = (await Promise.all(fleet.nodes.map(figuresOf))).map(({ longestTurn }) => longestTurn);
  const { sent, lost } = await load.stop();
  return { took, turns, sent, failed: lost.length };
}

/** Puts a document and waits until every node has accepted it; milliseconds. */
async function put(version: string, routes: number): Promise<number> {
  const bytes = packValue(new TextEncoder().encode(documentOf(version, routes)));
  const ending = new AbortController();
  const accepted = new Set<string>();
  const start = performance.now();
  const revision = await bucket.put('config.edge', bytes);
  for await (const entry of nodes.watch('node.edge.*', undefined, ending.signal)) {
    if (entry.operation !== 'put') continue;
    const said = JSON.parse(new TextDecoder().decode(entry.bytes));
    if (said.revision === revision && said.state === 'refused') throw new Error(JSON.stringify(said.issues));
    if (said.revision === revision) accepted.add(entry.key);
    if (accepted.size === NODES) ending.abort();
  }
  return performance.now() - start;
}

function documentOf(version: string, routes: number): string {
  const list = Array.from({ length: routes }, (_, at) => `      - { name: r${at}, path: "/r${at}/{id}" }\n`).join('');
  return `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: version, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
apiGroups:
  - name: all
    upstream: up
    policies: [version]
    routes:
      - { name: rest, path: /* }
${list}`;
}

/** Starts a NATS server with a store of its own; its URL. */
async function startServer(): Promise<string> {
  const store = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const port = await freePort();
  const [binary = 'nats-server'] = natsBinaries();
  const child = spawn(binary, ['-js', '-sd', store, '-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  atEnd.teardown(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    rmSync(store, { recursive: true, force: true });
  });
  return `nats://127.0.0.1:${port}`;
}

async function connected(): Promise<Bus> {
  for (;;) {
    try {
      return await openBus({ servers: [url], name: 'bench' });
    } catch {
      await delay(50);
    }
  }
}

async function endAll(code: number): Promise<never> {
  for (const end of endings.splice(0)) await end();
  process.exit(code);
}
