/** Whatever runs in shadow, the client and the upstream get the very same bytes, and enforced steps run in the same order. */
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Transform } from 'node:stream';
import type { Handlers } from '@postern/kit';
import fc from 'fast-check';
import { test } from 'tap';
import type { Test } from 'tap';
import { FOES, foe } from '../kit/foes.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { pluginOf } from '../kit/policies.ts';
import { steppingUpstreamFor } from '../kit/stepping-upstream.ts';
import type { SteppingUpstream } from '../kit/stepping-upstream.ts';

const RUNS = Number(process.env['RUNS'] ?? 100);

/** Configs of every built-in plugin; each of them stands enforced in one run and in shadow in another. */
const BUILT_IN: readonly string[] = [
  'plugin: cors, config: { allowOrigins: ["https://a.test"], allowCredentials: true }',
  'plugin: cors, config: { allowOrigins: ["https://b.test"], enforcement: strict, requireOrigin: true }',
  'plugin: cors, config: { allowOrigins: ["*"], exposeHeaders: [x-request-id] }',
  'plugin: cors, config: { rejectAll: true }',
  'plugin: headers, config: { request: { set: { x-a: "1" }, remove: [user-agent] }, response: { add: { x-a: "2" } } }',
  'plugin: headers, config: { request: { add: { x-sent: more } }, response: { set: { vary: X-A }, remove: [etag] } }',
  'plugin: request-id',
  'plugin: request-id, config: { header: x-sent, trust: true }',
  'plugin: access-log',
  'plugin: access-log, config: { sampleSuccess: 0 }',
];
const TRACED: readonly string[] = ['plain', 'tap', 'transform', 'bodies', 'async'];

/** One policy as it is drawn; those in shadow are left out of the other gateway's document. */
interface Drawn {
  readonly text: string;
  readonly shadow: boolean;
}

const shadows = fc.oneof(
  fc.constantFrom(...BUILT_IN),
  fc
    .tuple(fc.constantFrom(...FOES), fc.constantFrom('refuse', 'skip'))
    .map(([tag, onError]) => `plugin: foe, onError: ${onError}, timeout: 60ms, config: { tag: ${tag} }`),
);
const lists = fc
  .record({
    traced: fc.constantFrom(...TRACED),
    enforced: fc.uniqueArray(fc.constantFrom(...BUILT_IN), { maxLength: 3, selector: (text) => text.split(',')[0] }),
    shadowed: fc.array(shadows, { minLength: 1, maxLength: 6 }),
    order: fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
  })
  .map(({ traced, enforced, shadowed, order }) => {
    const real = [`plugin: trace, config: { tag: ${traced} }`, ...enforced];
    const all: Drawn[] = real.map((text) => ({ text, shadow: false }));
    for (const [at, text] of shadowed.entries()) {
      all.splice((order[at] ?? 0) % (all.length + 1), 0, { text, shadow: true });
    }
    return { all, traced };
  });

const coded = gzipSync('a coded body');
const body = (bytes: Uint8Array, lines = ''): Buffer =>
  Buffer.concat([Buffer.from(`${lines}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
const BODIES: readonly Uint8Array[] = [
  Buffer.from('\r\n'),
  body(Buffer.from('small')),
  body(coded, 'Content-Encoding: gzip\r\n'),
  body(Buffer.from('not gzip'), 'Content-Encoding: gzip\r\n'),
  body(Buffer.alloc(1024 * 1024, 'b')),
  Buffer.from('Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n'),
];
const PREFLIGHT = 'Access-Control-Request-Method: PUT\r\n';
const paths = ['text', 'gzip', 'steps', 'events', 'big', 'big-chunked', 'slow', '204', '304', 'cors'];
const asked = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'OPTIONS'),
    path: fc.oneof(
      fc.constantFrom(...paths.map((path) => `/api/${path}`)),
      fc.constantFrom('/none', '/api/%2F', '/dead/x', '/only/x', '/echo/x'),
    ),
    origin: fc.constantFrom('', 'Origin: https://a.test\r\n', 'Origin: https://b.test\r\n', 'Origin: null\r\n'),
    more: fc.constantFrom('', 'X-Sent: sent\r\n', PREFLIGHT),
    body: fc.constantFrom(...BODIES),
  })
  .map(({ method, path, origin, more, body: sent }) => {
    const head = `${method} ${path} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nUser-Agent: test\r\n${origin}${more}`;
    return Buffer.concat([Buffer.from(head), method === 'POST' ? sent : Buffer.from('\r\n')]);
  });

function documentOf(upstream: string, policies: readonly Drawn[], withShadows: boolean): string {
  const named = policies.map(({ text, shadow }, at) => ({
    text,
    shadow,
    name: `p${at}`,
    kept: withShadows || !shadow,
  }));
  // An empty line where a shadow stood: the log names lines.
  const lines = named.map(({ name, text, shadow, kept }) =>
    kept ? `  { name: ${name}, ${shadow ? 'mode: shadow, ' : ''}${text} },` : '',
  );
  const list = named.filter(({ kept }) => kept).map(({ name }) => name);
  return `${SERVER}
gateway: { policies: [${list.join(', ')}] }
upstreams: [{ name: up, targets: ["${upstream}"] }, { name: dead, targets: ["http://127.0.0.1:1"] }, { name: echo, builtin: echo }]
policies: [
${lines.join('\n')} ]
apiGroups:
  - { name: api, basePath: /api, upstream: up }
  - { name: dead, basePath: /dead, upstream: dead }
  - { name: only, basePath: /only, upstream: up, routes: [{ name: put, path: /*, methods: [PUT] }] }
  - { name: echo, basePath: /echo, upstream: echo }
`;
}

/** One gateway with what its enforced steps did, in order. */
class Side {
  readonly gateway: TestGateway;
  readonly upstream: SteppingUpstream;
  readonly trace: string[];

  constructor(parts: { readonly gateway: TestGateway; readonly upstream: SteppingUpstream; readonly trace: string[] }) {
    this.gateway = parts.gateway;
    this.upstream = parts.upstream;
    this.trace = parts.trace;
  }

  /** All that the client, the upstream, the log and the enforced policies get of one request. */
  async ask(bytes: Uint8Array): Promise<unknown> {
    const { trace, gateway, upstream } = this;
    trace.length = 0;
    gateway.written.length = 0;
    const before = upstream.seen.length;
    const answer = plain(withoutChunks(await upstream.exchange(gateway.port(), bytes)));
    for (let tries = 0; tries < 1000 && trace.at(-1) !== 'done'; tries += 1) await wait(1);
    const written = gateway.written
      // Lines about exchanges: cors writes others, and no more than one a second.
      .filter((record) => record['shadow'] !== true && 'status' in record)
      .map(({ time: _time, durationMs: _duration, shadowed: _shadowed, revision: _revision, ...record }) => record);
    const seen = upstream.seen.slice(before).map(({ method, url, rawHeaders, body: got }) => ({
      head: plain(`${method} ${url} ${rawHeaders.join('\n')}`),
      body: got.toString('latin1'),
    }));
    return { answer, seen, trace: [...trace], written: plain(JSON.stringify(written)) };
  }
}

/** What is made by chance or by the clock is not compared. */
function plain(text: string): string {
  return text
    .replace(/^date: .*\r\n/im, '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '(id)');
}

/** Chunks of 1 MiB are cut by sockets, not by the gateway; those of a few bytes are compared as they are. */
function withoutChunks(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return text.length < 65_536 ? text : text.replace(/\r\n[0-9a-f]+\r\n/g, '');
}

async function sideFor(t: Test, upstream: SteppingUpstream): Promise<Side> {
  const trace: string[] = [];
  const gateway = await gatewayFor(t, documentOf(upstream.url, [], false), [foe, pluginOf('trace', tracing(trace))]);
  return new Side({ gateway, upstream, trace });
}

/** An enforced policy that tells which of its steps ran, and takes part in the body by its tag. */
function tracing(trace: string[]): (tag: string) => Handlers {
  const reads = {
    limit: 4_000_000,
    run: (_view: unknown, { bytes }: { bytes: Uint8Array }) => note(`body ${bytes.length}`),
  };
  const note = (said: string): undefined => void trace.push(said);
  return (tag) => ({
    request: ({ requestId, consumer, own, random }) => {
      note(`request ${requestId.length} ${consumer?.name} ${typeof own} ${typeof random}`);
      return tag === 'async' ? wait(2) : undefined;
    },
    response: ({ response }) => {
      note(`response ${response.status} ${response.madeBy.kind} ${[...response.headers.entries()].length}`);
      return tag === 'async' ? wait(2) : undefined;
    },
    ...(tag === 'bodies' && { requestBody: reads, responseBody: reads }),
    ...(tag === 'tap' && { responseStream: () => ({ kind: 'tap', chunk: () => undefined, end: () => note('end') }) }),
    ...(tag === 'transform' && {
      responseStream: () => ({
        kind: 'transform',
        stream: new Transform({ transform: (chunk, _coding, done) => done(null, chunk) }),
      }),
    }),
    done: ({ bytesIn, bytesOut, aborted }) => note(`bytes ${bytesIn} ${bytesOut} ${aborted}`) ?? note('done'),
  });
}

test('an exchange is the same with shadow on and off, for every plugin and every foe', async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`SEED=${seed}`);
  const upstream = await steppingUpstreamFor(t);
  const [off, on] = [await sideFor(t, upstream), await sideFor(t, upstream)];
  let answers = 0;
  const tried = new Set<string>();
  await fc.assert(
    fc.asyncProperty(lists, fc.array(asked, { minLength: 4, maxLength: 6 }), async ({ all, traced }, requests) => {
      upstream.stepping = traced !== 'bodies';
      for (const [side, withShadows] of [
        [off, false],
        [on, true],
      ] as const) {
        const codes = await side.gateway.apply(`# ${answers}\n${documentOf(upstream.url, all, withShadows)}`);
        if (codes.length > 0) throw new Error(`refused for ${codes.join(', ')}`);
      }
      for (const { text, shadow } of all) if (shadow) tried.add(text);
      for (const bytes of requests) {
        const [without, withShadow] = [await off.ask(bytes), await on.ask(bytes)];
        answers += 1;
        t.same(withShadow, without, bytes.subarray(0, 200).toString('latin1'));
        if (!t.passing()) throw new Error('an exchange differs');
      }
    }),
    { seed, numRuns: RUNS, endOnFailure: true },
  );
  t.comment(`${answers} exchanges, ${tried.size} policies in shadow`);
  t.ok(tried.size >= RUNS, 'the runs tried many of them');
  await on.gateway.apply(documentOf(upstream.url, [], false));
  for (let tries = 0; tries < 1000 && on.gateway.cell.status().liveSnapshots > 1; tries += 1) await wait(5);
  t.equal(on.gateway.cell.status().liveSnapshots, 1, 'no shadow holds a snapshot for ever');
});
