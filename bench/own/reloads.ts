// What stays behind after many reloads of a small document: memory of the process, and of the heap after a collection.
import { setTimeout as wait } from 'node:timers/promises';
import { builtinPlugins, startGateway } from 'postern';
import { figure, measuredLine } from '../core/own.ts';
import { memorySource } from '../../test/kit/memory-source.ts';

const quick = process.argv.includes('quick');
const reloads = quick ? 500 : 10_000;
/** By then the code is compiled, the caches are full, and V8 has touched all the room that it has for garbage. */
const WARM = quick ? 500 : 5_000;
const gc = globalThis.gc ?? (() => undefined);

function documentOf(version: number): string {
  return `server: { listen: [{ name: public, address: 127.0.0.1:0 }], admin: { address: 127.0.0.1:0 } }
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: web, plugin: cors, config: { allowOrigins: ["https://*.example.com", '~https://pr-\\d+\\.example\\.org'] } }
  - { name: mark, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
apiGroups: [{ name: shop, basePath: /shop, upstream: up, policies: [web, mark] }]
`;
}

const source = memorySource(documentOf(0));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };
const gateway = await startGateway({ source, plugins: builtinPlugins, log: quiet });
const url = `http://127.0.0.1:${gateway.listeners[0]?.port}/shop/items`;

const begun = performance.now();
let base = await memory();
for (let version = 1; version <= WARM + reloads; version += 1) {
  source.push(documentOf(version));
  while (gateway.control().reloads.accepted < version + 1) await new Promise(setImmediate);
  if (version % 50 === 0) await ask(version);
  if (version === WARM) base = await memory();
}
const after = await memory();
const figures = {
  'rss growth': figure('%', (after.rss / base.rss - 1) * 100),
  'heap growth': figure('%', (after.heap / base.heap - 1) * 100),
  'rss after': figure('MiB', after.rss / 1024 / 1024),
  reload: figure('ms', (performance.now() - begun) / (WARM + reloads)),
};
const note = `${reloads} reloads in one process with the bench, against its memory after ${WARM}; room for young objects fixed at 16 MiB`;
console.log(measuredLine({ figures, note }));
process.exit(0);

/** The document is the one that was pushed last, not merely counted. */
async function ask(version: number): Promise<void> {
  const answer = await fetch(url);
  await answer.text();
  if (answer.headers.get('x-version') !== String(version)) throw new Error(`version ${version} does not serve`);
}

async function memory(): Promise<{ readonly rss: number; readonly heap: number }> {
  for (let times = 0; times < 3; times += 1) {
    gc();
    await wait(100);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}
