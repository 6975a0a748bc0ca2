// Story: a bench said that each reload leaves half a kilobyte behind. It was the bench's own heap; this test watches the product's.
import { getActiveResourcesInfo } from 'node:process';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { heapInUse } from '../kit/heap.ts';
import { request } from '../kit/raw-client.ts';

const RELOADS = 200;

/** Nothing in it has the name or the address that it had before, but for one group that is asked. */
function documentOf(version: number): string {
  return `${SERVER}
upstreams:
  - { name: up, builtin: echo }
  - { name: up-${version}, targets: ["http://127.0.0.1:${1024 + (version % 60_000)}"] }
policies:
  - { name: web-${version}, plugin: cors, config: { allowOrigins: ["https://*.v${version}.example.com"] } }
  - { name: mark-${version}, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
  - { name: quiet-${version}, plugin: headers, mode: shadow, config: { request: { remove: [x-v${version}] } } }
apiGroups:
  - { name: all, basePath: /all, upstream: up, policies: [web-${version}, mark-${version}] }
  - name: group-${version}
    basePath: /g${version}
    upstream: up-${version}
    policies: [mark-${version}, quiet-${version}]
    routes: [{ name: r${version}, path: "/items-${version}/{id}", methods: [GET] }]
`;
}

test('reloads leave no memory, no timers and no sockets behind', async (t) => {
  const gateway = await gatewayFor(t, documentOf(0));
  let version = 0;
  const used: number[] = [];
  const open: number[] = [];
  const round = async (): Promise<void> => {
    for (let at = 0; at < RELOADS; at += 1) {
      version += 1;
      const refused = await gateway.apply(documentOf(version));
      if (refused.length > 0) throw new Error(`version ${version} is refused: ${refused.join()}`);
      if (at % 50 === 0) await serves(gateway, version);
    }
    gateway.said.length = 0;
    used.push(await heapInUse());
    open.push(getActiveResourcesInfo().length);
  };
  await round();
  await round();
  // Code that is compiled meanwhile is on the heap as well, and comes once: what is kept of each document comes each time.
  while (grows(used) && used.length < 8) await round();
  t.comment(`heap after each ${RELOADS} reloads: ${used.map((bytes) => `${Math.round(bytes / 1024)} KiB`).join(', ')}`);
  t.notOk(grows(used), 'a series, a pool or a promise per reload would show: it has 160 bytes at least');
  t.ok((open.at(-1) ?? 0) <= (open[0] ?? 0), `what is open: ${open.join(', ')}`);
  t.ok(gateway.cell.status().liveSnapshots <= 3, 'no more snapshots live than the last answers may still need');
});

/** Whether each round has added more than the least that a reload could leave. */
function grows(used: readonly number[]): boolean {
  return used.every((one, at) => at === 0 || one - (used[at - 1] ?? 0) >= RELOADS * 160);
}

async function serves(gateway: TestGateway, version: number): Promise<void> {
  const found = (await request(gateway.port(), 'GET /all/items')).header('x-version');
  if (found !== String(version)) throw new Error(`version ${version} does not serve, but ${found}`);
}
