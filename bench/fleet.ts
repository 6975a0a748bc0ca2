// Put to enforced, on five node processes: `npm run bench:fleet`. Enforced is when a node has said that it accepted, which is
// a little after it serves: the figures are upper bounds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openBus, packValue } from '@postern/source-nats';
import type { Bus } from '@postern/source-nats';

const NODES = 5;
const PROGRAM = fileURLToPath(new URL('../packages/postern/bin/postern.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const children: ReturnType<typeof spawn>[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const port = await freePort();
children.push(
  spawn('nats-server', ['-js', '-sd', join(folder, 'nats'), '-a', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  }),
);
const url = `nats://127.0.0.1:${port}`;
const bus = await connected();
const bucket = await bus.bucket('postern', { history: 64 });
const nodes = await bus.bucket('postern-nodes', { history: 1, ttl: 20_000 });
for (let at = 0; at < NODES; at += 1) {
  const file = join(folder, `${at}.yaml`);
  const lastGood = join(folder, `${at}.json`);
  const source = `{ nats: { servers: ["${url}"], lastGood: "${lastGood}" } }`;
  const listen = '[{ name: public, address: 127.0.0.1:0 }]';
  writeFileSync(
    file,
    `server: { name: edge, listen: ${listen}, admin: { address: 127.0.0.1:0 }, source: ${source} }\n`,
  );
  children.push(spawn(process.execPath, [PROGRAM, 'run', file], { stdio: 'ignore' }));
}

await put('warm', 1);
await delay(1500);
const small: number[] = [];
for (let at = 0; at < 200; at += 1) {
  await delay(20);
  small.push(await put(`small-${at}`, 1));
}
report('small document', small);
const large: number[] = [];
for (let at = 0; at < 5; at += 1) large.push(await put(`large-${at}`, 10_000));
report('10,000 routes', large);
process.exit(0);

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
${list}`;
}

function report(what: string, took: readonly number[]): void {
  const sorted = took.toSorted((one, other) => one - other);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  console.log(
    `${what}: put to accepted by ${NODES} nodes, ${took.length} times: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
  );
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
