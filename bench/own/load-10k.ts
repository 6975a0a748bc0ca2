/**
 * Measures a document with many routes: text to serving as a reload under load, a one-line change, memory, and the longest
 * stall of the event loop.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { builtinPlugins, startGateway } from 'postern';
import { Pool } from 'undici';
import { figure, measuredLine } from '../core/own.ts';
import { memorySource } from '../../test/kit/memory-source.ts';

const routes = 10_000;
const changes = process.argv.includes('quick') ? 2 : 7;
const GROUPS = 20;

/** Groups of equal size with literal and parameter routes, each under a cors policy. */
function documentOf(count: number, mark: string): string {
  const lines = [
    'server: { listen: [{ name: public, address: 127.0.0.1:0 }], admin: { address: 127.0.0.1:0 } }',
    'upstreams: [{ name: up, builtin: echo }]',
    'policies:',
    '  - { name: cors, plugin: cors, config: { allowOrigins: ["https://*.example.com"] } }',
    `  - { name: mark, plugin: headers, config: { response: { set: { x-mark: ${mark} } } } }`,
    'apiGroups:',
  ];
  for (let group = 0; group < GROUPS; group += 1) {
    lines.push(
      `  - name: group-${group}`,
      `    basePath: /g${group}`,
      '    upstream: up',
      '    policies: [cors, mark]',
      '    routes:',
    );
    for (let route = 0; route < count / GROUPS; route += 1) {
      lines.push(`      - { name: r${route}, path: "/items-${route}/{id}", methods: [GET, PUT] }`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const source = memorySource(documentOf(GROUPS, 'small'));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };
const gc = globalThis.gc ?? (() => undefined);

const gateway = await startGateway({ source, plugins: builtinPlugins, log: quiet });
const pool = new Pool(`http://127.0.0.1:${gateway.listeners[0]?.port}`, { connections: 8, pipelining: 1 });
let asked = 0;
let failed = 0;
let running = true;
const clients = Array.from({ length: 8 }, async () => {
  while (running) {
    const { statusCode, body } = await pool.request({ path: '/g1/items-0/7', method: 'GET' });
    await body.dump();
    asked += 1;
    if (statusCode !== 200) failed += 1;
    await wait(4);
  }
});

/** Pushes a text and waits until it serves. */
async function reload(text: string): Promise<{ readonly took: number; readonly stall: number }> {
  await wait(500);
  const stall = monitorEventLoopDelay({ resolution: 1 });
  stall.enable();
  const { accepted, refused } = gateway.control().reloads;
  const begun = performance.now();
  source.push(text);
  while (gateway.control().reloads.accepted === accepted && gateway.control().reloads.refused === refused)
    await wait(1);
  const took = performance.now() - begun;
  await wait(100);
  stall.disable();
  if (gateway.control().reloads.refused > refused) throw new Error('the document was refused');
  return { took, stall: stall.max / 1e6 };
}

await wait(1_000);
gc();
const before = process.memoryUsage();
const first = await reload(documentOf(routes, 'first'));
const changed: Awaited<ReturnType<typeof reload>>[] = [];
for (let change = 0; change < changes; change += 1) changed.push(await reload(documentOf(routes, `change-${change}`)));
await wait(1_000);
gc();
await wait(200);
gc();
const after = process.memoryUsage();
running = false;
await Promise.all(clients);
const figures = {
  'first load': figure('ms', first.took),
  'one line changed': figure('ms', ...changed.map(({ took }) => took)),
  'stall, first': figure('ms', first.stall),
  'stall, changed': figure('ms', ...changed.map(({ stall }) => stall)),
  'heap of a route': figure('KiB', (after.heapUsed - before.heapUsed) / routes / 1024),
  rss: figure('MiB', after.rss / 1024 / 1024),
  'failed requests': figure('', failed),
};
console.log(measuredLine({ figures, note: `${asked} requests meanwhile, ${failed} failed` }));
await pool.destroy();
await gateway.close();
