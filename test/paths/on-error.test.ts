import { Transform } from 'node:stream';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { pluginOf } from '../kit/policies.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

const ORIGIN = 'https://app.test';

/** The ways in which a step of a plugin breaks, and the code of each. */
const WAYS: Readonly<Record<string, { readonly run: () => unknown; readonly code: string }>> = {
  throws: {
    run: () => {
      throw new Error('secret');
    },
    code: 'policy/threw',
  },
  'throws null': {
    run: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what plugins do
      throw null;
    },
    code: 'policy/threw',
  },
  rejects: { run: () => Promise.reject(new Error('secret')), code: 'policy/threw' },
  'is late': { run: () => new Promise(() => undefined), code: 'policy/timed-out' },
  'returns what is no verdict': { run: () => 'yes', code: 'policy/threw' },
  'resolves to what is no verdict': { run: async () => ({ kind: 'allow' }), code: 'policy/threw' },
};

/** A document in which a broken policy stands behind cors, once refusing and once skipped. */
function documentFor(target: string): string {
  return `${SERVER}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
  - { name: cors, plugin: cors, config: { allowOrigins: ["${ORIGIN}"] } }
  - { name: strict, plugin: bad, timeout: 40ms }
  - { name: lenient, plugin: bad, timeout: 40ms, onError: skip }
apiGroups:
  - { name: strict, basePath: /strict, upstream: up, policies: [cors, strict] }
  - { name: lenient, basePath: /lenient, upstream: up, policies: [cors, lenient] }
`;
}

for (const step of ['request', 'requestBody', 'response', 'responseBody'] as const) {
  test(`a ${step} step that breaks refuses with CORS headers, or is skipped where the policy says so`, async (t) => {
    const upstream = await upstreamFor(t);
    let run: () => unknown = () => undefined;
    // As a plugin in JavaScript: no type keeps it from that.
    const call = (): unknown => run();
    const handlers: Record<string, unknown> = { [step]: step.endsWith('Body') ? { limit: 100, run: call } : call };
    const gateway = await gatewayFor(t, documentFor(upstream.url), [pluginOf('bad', () => handlers)]);
    for (const [name, way] of Object.entries(WAYS)) {
      run = way.run;
      const before = upstream.seen.length;
      const refused = await request(gateway.port(), 'POST /strict', [['Origin', ORIGIN]], 'hello');
      t.equal(refused.status, way.code === 'policy/threw' ? 500 : 504, `${name}: its status`);
      t.match(JSON.parse(refused.body), { code: way.code, policy: 'strict' }, `${name}: its code`);
      t.notMatch(refused.body, 'secret');
      t.equal(refused.header('access-control-allow-origin'), ORIGIN, `${name}: readable to the browser`);
      t.equal(upstream.seen.length - before, step.startsWith('request') ? 0 : 1, `${name}: what the upstream saw`);
      const skipped = await request(gateway.port(), 'POST /lenient', [['Origin', ORIGIN]], 'hello');
      t.same([skipped.status, skipped.body], [200, 'ok'], `${name}: skipped`);
      t.equal(upstream.seen.at(-1)?.body.toString(), 'hello');
    }
    const failures = Object.keys(WAYS).length;
    const metrics = await gateway.cell.metrics();
    for (const policy of ['strict', 'lenient'])
      t.match(metrics, `policy="${policy}",plugin="bad",outcome="failed"} ${failures}\n`);
    t.match(
      gateway.said.filter(({ level }) => level === 'error').map(({ message }) => message),
      Array.from({ length: 2 * failures }, () => 'a policy failed'),
      'the log has each of them',
    );
  });
}

test('a stream step that breaks before the head refuses, or is skipped; one that returns nothing of use as well', async (t) => {
  const upstream = await upstreamFor(t);
  let run: () => unknown = () => undefined;
  const handlers: Record<string, unknown> = { responseStream: () => run() };
  const gateway = await gatewayFor(t, documentFor(upstream.url), [pluginOf('bad', () => handlers)]);
  for (const name of ['throws', 'rejects', 'returns what is no verdict']) {
    run = WAYS[name]?.run ?? run;
    const refused = await request(gateway.port(), 'GET /strict', [['Origin', ORIGIN]]);
    t.equal(refused.status, 500, name);
    t.match(JSON.parse(refused.body), { code: 'policy/threw', policy: 'strict' });
    t.equal(refused.header('access-control-allow-origin'), ORIGIN);
    const skipped = await request(gateway.port(), 'GET /lenient', [['Origin', ORIGIN]]);
    t.same([skipped.status, skipped.body], [200, 'ok'], `${name}: skipped`);
  }
});

test('a tap that breaks in mid-body cuts the answer, or is left out; a transform that breaks always cuts it', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.write('hello');
    setTimeout(() => response.end('world'), 20);
  });
  let stream: () => unknown = () => undefined;
  const handlers: Record<string, unknown> = { responseStream: () => stream() };
  const gateway = await gatewayFor(t, documentFor(upstream.url), [pluginOf('bad', () => handlers)]);
  const whole = async (path: string): Promise<boolean> => {
    const answer = await request(gateway.port(), `GET ${path}`).catch(() => undefined);
    return answer?.body === 'helloworld';
  };
  const tear = (): never => {
    throw new Error('x');
  };
  stream = () => ({ kind: 'tap', chunk: tear, end: () => undefined });
  t.equal(await whole('/strict'), false);
  t.equal(await whole('/lenient'), true);
  stream = () => ({
    kind: 'transform',
    stream: new Transform({ transform: (_chunk, _coding, done) => done(new Error('x')) }),
  });
  t.equal(await whole('/strict'), false);
  t.equal(await whole('/lenient'), false);
  t.match(await gateway.cell.metrics(), 'policy="strict",plugin="bad",outcome="failed"} 2\n');
});

test('a preflight step that breaks or answers with a promise refuses with 500; done may break as it likes', async (t) => {
  const upstream = await upstreamFor(t);
  let run: () => unknown = () => undefined;
  const handlers: Record<string, unknown> = { preflight: () => run(), done: () => run() };
  const document = documentFor(upstream.url).replaceAll('[cors, ', '[');
  const gateway = await gatewayFor(t, document, [{ ...pluginOf('bad', () => handlers), preflight: true }]);
  const preflight = (path: string) =>
    request(gateway.port(), `OPTIONS ${path}`, [
      ['Origin', ORIGIN],
      ['Access-Control-Request-Method', 'GET'],
    ]);
  for (const name of ['throws', 'rejects', 'returns what is no verdict']) {
    run = WAYS[name]?.run ?? run;
    t.equal((await preflight('/strict')).status, 500, name);
    t.same((await preflight('/lenient')).body, 'ok', `${name}: skipped`);
    t.equal((await request(gateway.port(), 'GET /strict')).body, 'ok', `${name} in done`);
  }
});
