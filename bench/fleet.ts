// Put to enforced, on five node processes under steady requests: `npm run bench:fleet`. Prints figures in plain text,
// asserts none. Enforced is when a node has said that it accepted, a little after it serves: they are upper bounds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openBus, packValue } from '@postern/source-nats';
import type { Bus } from '@postern/source-nats';
import { figuresOf } from '../test/kit/figures.ts';
import { natsBinaries } from '../test/kit/nats-server.ts';
import { nodeFleetFor } from '../test/kit/node-fleet.ts';

const NODES = 5;
/** Requests a second, to all nodes together. */
const REQUESTS = 500;
/** Documents. */
const [SMALL, LARGE] = [200, 10];
/** Milliseconds after which nodes are ready for a large document. */
const WARM = 5000;

const endings: (() => Promise<void>)[] = [];
const atEnd = { teardown: (end: () => Promise<void>) => void endings.unshift(end) };
// Whoever reads the first lines only, or gives up, must not leave nodes behind that the next run is measured beside.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endAll(1));
process.stdout.on('error', () => void endAll(1));

const url = await startServer();
const bus = await connected();
const bucket = await bus.bucket('postern', { history: 64 });
const nodes = await bus.bucket('postern-nodes', { history: 1, ttl: 20_000 });
const fleet = await nodeFleetFor(atEnd, { count: NODES, servers: [url], preload: ['figures.ts'] });

const day = new Date().toISOString().slice(0, 10);
const busy = (loadavg()[0] ?? 0).toFixed(1);
console.log(
  `${day}, Node ${process.versions.node}, ${availableParallelism()} cores, load average ${busy}; ${NODES} nodes`,
);
await put('warm', 1);
await delay(WARM);
await measure('small document', { times: SMALL, routes: 1, pause: 20 });
await measure('10,000 routes', { times: LARGE, routes: 10_000, pause: 500 });
const rss = fleet.nodes.map((node) => (node.usage().rss / 1024 / 1024).toFixed(0));
console.log(`RSS of the nodes after it: ${rss.join(', ')} MiB`);
await bus.close();
await endAll(0);

/** Puts documents one after the other under steady requests, and prints what that took and what it cost. */
async function measure(
  what: string,
  { times, routes, pause }: { readonly times: number; readonly routes: number; readonly pause: number },
): Promise<void> {
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
  const sorted = took.toSorted((one, other) => one - other);
  const at = (share: number): string =>
    show(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const figures = `first ${show(took[0] ?? 0)}, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)} ms`;
  console.log(`${what}: put to accepted by all, ${times} times: ${figures}`);
  console.log(`  longest turn of the event loop of each node: ${turns.map(show).join(', ')} ms`);
  console.log(`  ${sent} requests meanwhile, ${lost.length} failed`);
  for (const reason of lost.slice(0, 3)) console.log(`  ${reason}`);
}

function show(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 100 ? 1 : 0);
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function endAll(code: number): Promise<never> {
  for (const end of endings.splice(0)) await end();
  process.exit(code);
}
