/** Whatever runs in shadow, the client and the upstream get the very same bytes, and enforced steps run in the same order. */
import { gzipSync } from 'node:zlib';
import { test } from 'tap';
import { FOES } from '../kit/foes.ts';
import { SERVER } from '../kit/gateway.ts';
import { sized } from '../kit/sized.ts';
import { steppingUpstreamFor } from '../kit/stepping-upstream.ts';
import { tracedGatewayFor } from '../kit/traced-gateway.ts';
import { until } from '../kit/until.ts';
import fc from '../kit/properties.ts';

const RUNS = Number(process.env['RUNS'] ?? sized(40, 1500));

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
    const real = [`plugin: trace, timeout: 1m, config: { tag: ${traced} }`, ...enforced];
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
  .map(toBytes);

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly origin: string;
  readonly more: string;
  readonly body: Uint8Array;
}

function toBytes({ method, path, origin, more, body: sent }: Asked): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nUser-Agent: test\r\n${origin}${more}`;
  return Buffer.concat([Buffer.from(head), method === 'POST' ? sent : Buffer.from('\r\n')]);
}

/** Every plugin and every foe once, whatever chance draws: six at a time, each six on a request of every kind. */
function everyShadow(): [{ all: Drawn[]; traced: string }, Buffer[]][] {
  const texts = [...BUILT_IN, ...FOES.map((tag) => `plugin: foe, timeout: 60ms, config: { tag: ${tag} }`)];
  const plain: Omit<Asked, 'method' | 'path'> = {
    origin: 'Origin: https://a.test\r\n',
    more: '',
    body: Buffer.from('\r\n'),
  };
  const requests = paths.map((path) => toBytes({ ...plain, method: 'GET', path: `/api/${path}` }));
  requests.push(toBytes({ ...plain, method: 'OPTIONS', path: '/api/text', more: PREFLIGHT }));
  requests.push(toBytes({ ...plain, method: 'HEAD', path: '/api/big' }));
  for (const sent of BODIES) requests.push(toBytes({ ...plain, method: 'POST', path: '/api/text', body: sent }));
  const examples: [{ all: Drawn[]; traced: string }, Buffer[]][] = [];
  for (let at = 0; at < texts.length; at += 6) {
    const traced = TRACED[(at / 6) % TRACED.length] ?? 'plain';
    const six = texts.slice(at, at + 6).map((text) => ({ text, shadow: true }));
    const real = { text: `plugin: trace, timeout: 1m, config: { tag: ${traced} }`, shadow: false };
    examples.push([{ all: [...six.slice(0, 3), real, ...six.slice(3)], traced }, requests]);
  }
  return examples;
}

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

test('an exchange is the same with shadow on and off, for every plugin and every foe', async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`SEED=${seed}`);
  const upstream = await steppingUpstreamFor(t);
  const empty = documentOf(upstream.url, [], false);
  const off = await tracedGatewayFor(t, empty, upstream);
  const on = await tracedGatewayFor(t, empty, upstream);
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
    { seed, numRuns: RUNS, endOnFailure: true, examples: everyShadow() },
  );
  t.comment(`${answers} exchanges, ${tried.size} policies in shadow`);
  t.ok(tried.size >= BUILT_IN.length + FOES.length, 'every one of them was tried');
  await on.gateway.apply(documentOf(upstream.url, [], false));
  const live = (): number => on.gateway.cell.status().liveSnapshots;
  await until(
    async () => live() === 1,
    () => `a shadow holds a snapshot for ever: ${live()} are live`,
  );
});
