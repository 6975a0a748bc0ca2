// P5 of reliability.md: 100 documents a second under load. Every answer names the document that made it, both ways; it is looked at
// whether that one served while the request was on its way.
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { Pool } from 'undici';
import { SERVER } from '../kit/gateway.ts';
import { sized } from '../kit/sized.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { gatewayChildFor } from './child.ts';
import { keep, progress } from './form.ts';

const REQUESTS = sized(4_000, 1_000_000);
const RELOADS = sized(300, 10_000);
/** Milliseconds from one document to the next. */
const PACE = 10;
const CONNECTIONS = 32;

function documentOf(upstream: string, version: number): string {
  return `${SERVER}
upstreams: [{ name: up, targets: ["${upstream}"] }]
policies:
  - name: mark
    plugin: headers
    config: { request: { set: { x-mark: "${version}" } }, response: { set: { x-mark: "${version}" } } }
apiGroups: [{ name: api, upstream: up, policies: [mark] }]
`;
}

function p99Of(latencies: number[]): number {
  return latencies.sort((one, other) => one - other)[Math.floor(latencies.length * 0.99)] ?? 0;
}

test('P5 no request is lost, and none is answered under a document that did not serve, while 100 documents a second come', async (t) => {
  const begun = performance.now();
  const upstream = await upstreamFor(t, ({ headers }, response, { body }) => {
    upstream.seen.length = 0;
    response.end(`${String(headers['x-mark'])} ${String(headers['x-nonce'])} ${body.toString()}`);
  });
  const gateway = await gatewayChildFor(t, documentOf(upstream.url, 0));
  let newest = 0;
  let reloading = true;
  const reload = async (): Promise<void> => {
    const start = performance.now();
    while (reloading) {
      newest += 1;
      gateway.push(documentOf(upstream.url, newest));
      await wait(Math.max(0, start + newest * PACE - performance.now()));
    }
  };
  const pool = new Pool(gateway.url, { connections: CONNECTIONS, pipelining: 1 });
  t.teardown(() => pool.destroy());
  const failures: string[] = [];
  const latencies: number[] = [];
  let [asked, served, switches] = [0, 0, 0];
  const client = async (more: () => boolean): Promise<void> => {
    while (more()) {
      asked += 1;
      const nonce = `n${asked}`;
      // What has answered somebody by now serves: nothing older may answer what is sent from here on.
      const oldest = served;
      const post = asked % 2 === 0;
      const sent = performance.now();
      try {
        const { statusCode, headers, body } = await pool.request({
          path: `/${nonce}`,
          method: post ? 'POST' : 'GET',
          headers: { 'x-nonce': nonce },
          body: post ? nonce : null,
        });
        const text = await body.text();
        const mark = Number(headers['x-mark']);
        if (statusCode !== 200 || text !== `${mark} ${nonce} ${post ? nonce : ''}`)
          failures.push(`${nonce}: ${statusCode} ${String(headers['x-mark'])} ${text.slice(0, 80)}`);
        else if (mark < oldest || mark > newest) failures.push(`${nonce}: under ${mark}, of ${oldest} to ${newest}`);
        if (mark > served) {
          served = mark;
          switches += 1;
        }
      } catch (error) {
        failures.push(`${nonce}: ${String(error)}`);
      }
      latencies.push(performance.now() - sent);
      if (asked % 20_000 === 0) progress(t, `${asked} requests, ${newest} documents, ${failures.length} failures`);
    }
  };
  const load = (more: () => boolean): Promise<unknown> =>
    Promise.all(Array.from({ length: CONNECTIONS }, () => client(more)));
  // The same load without documents, to compare with; what runs cold is in neither.
  await load(() => asked < REQUESTS / 20);
  latencies.length = 0;
  await load(() => asked < REQUESTS / 10);
  const p99Before = p99Of(latencies.splice(0));
  const already = asked;
  const loading = performance.now();
  const reloads = reload();
  await load(() => asked < already + REQUESTS || newest < RELOADS);
  const seconds = (performance.now() - loading) / 1000;
  reloading = false;
  await reloads;
  const { accepted, refused, liveSnapshots } = await gateway.measure();
  keep(t, {
    name: 'reloads',
    title: 'requests lost, or answered under a wrong revision, while documents come at 100 a second',
    figure: failures.length,
    unit: 'requests',
    denominator: asked,
    most: 0,
    failures,
    begun,
    remarks: `${newest} documents in ${seconds.toFixed(0)} s, ${accepted} applied, the rest overtaken; ${Math.round((asked - already) / seconds)} requests/s; ${switches} seen in answers; p99 ${p99Of(latencies).toFixed(1)} ms, without documents ${p99Before.toFixed(1)} ms`,
  });
  t.same(failures.slice(0, 5), [], `of ${asked} requests`);
  t.equal(refused, 0);
  t.ok(newest >= RELOADS);
  t.ok(switches > RELOADS / 100, `${switches} documents were seen in answers`);
  t.ok(accepted > RELOADS / 20, `${accepted} of ${newest} were applied`);
  t.ok(liveSnapshots <= 3, `${liveSnapshots} snapshots live`);
});
