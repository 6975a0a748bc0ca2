// P6 of reliability.md: memory, sockets and timers after so many reloads, each of which changes everything.
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { SERVER } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { FULL, sized } from '../kit/sized.ts';
import { until } from '../kit/until.ts';
import { gatewayChildFor } from './child.ts';
import type { Measured } from './gateway-child.ts';
import { keep, progress } from './form.ts';

const RELOADS = sized(200, 10_000);
/** Code is compiled and pools fill up meanwhile: that comes once. */
const WARM = sized(200, 2_000);
const LOOKS = 10;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}

function documentOf(version: number): string {
  return `${SERVER}
upstreams:
  - { name: up, builtin: echo }
  - { name: up-${version}, targets: ["http://127.0.0.1:${1024 + (version % 60_000)}"] }
policies:
  - { name: web-${version}, plugin: cors, config: { allowOrigins: ["https://*.v${version}.example.com"] } }
  - { name: mark-${version}, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
apiGroups:
  - { name: all, basePath: /all, upstream: up, policies: [web-${version}, mark-${version}] }
  - name: group-${version}
    basePath: /g${version}
    upstream: up-${version}
    policies: [mark-${version}]
    routes: [{ name: r${version}, path: "/items-${version}/{id}", methods: [GET] }]
`;
}

test('P6 reloads leave memory, sockets, timers and snapshots as they were', async (t) => {
  const begun = performance.now();
  const gateway = await gatewayChildFor(t, documentOf(0));
  let version = 0;
  const reload = async (count: number): Promise<Measured> => {
    for (let at = 0; at < count; at += 1) {
      version += 1;
      gateway.push(documentOf(version));
      await wait(10);
      // Each of them is to be applied, on a slow machine as well.
      if (at % 20 === 0) await serves();
      if (at % 1_000 === 999) progress(t, `${version} documents`);
    }
    await serves();
    return gateway.measure();
  };
  const serves = (): Promise<void> =>
    until(
      async () => (await request(gateway.port, 'GET /all/x')).header('x-version') === String(version),
      `version ${version} does not serve`,
    );
  const before = await reload(WARM);
  // What V8 pools for the next objects comes and goes by tens of megabytes: one look against another says nothing.
  const looks = [before];
  for (let look = 0; look < LOOKS; look += 1) looks.push(await reload(RELOADS / LOOKS));
  const after = looks.at(-1) ?? before;
  const resident = looks.map(({ rss }) => rss);
  const [first, last] = [median(resident.slice(0, 3)), median(resident.slice(-3))];
  const grown = Math.round((last / first - 1) * 1000) / 10;
  const heapGrown = Math.round((after.heap / before.heap - 1) * 1000) / 10;
  keep(t, {
    name: 'memory',
    title:
      'growth of the resident memory over reloads: the median of the last three looks against that of the first three',
    figure: grown,
    unit: '%',
    denominator: after.accepted - before.accepted,
    most: 5,
    failures: FULL && grown > 5 ? [`${first} bytes became ${last}`] : [],
    begun,
    remarks: `MiB at each look: ${resident.map((bytes) => Math.round(bytes / 1048576)).join(', ')}; heap ${heapGrown} %, live snapshots ${after.liveSnapshots}, open before ${JSON.stringify(before.resources)} and after ${JSON.stringify(after.resources)}`,
  });
  t.ok(after.liveSnapshots <= 3, `${after.liveSnapshots} snapshots live`);
  t.ok(after.accepted - before.accepted > RELOADS / 20);
  const open = (measured: Measured): number => Object.values(measured.resources).reduce((sum, one) => sum + one, 0);
  t.ok(open(after) <= open(before) + 2, `${JSON.stringify(before.resources)}, ${JSON.stringify(after.resources)}`);
  // In seconds what code is compiled to outweighs all else.
  t.ok(grown <= (FULL ? 5 : 40), `resident memory grew by ${grown} %`);
  t.ok(heapGrown <= (FULL ? 5 : 40), `the heap grew by ${heapGrown} %`);
});
