import { once } from 'node:events';
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { refuse, respond } from '@postern/kit';
import type { Handlers } from '@postern/kit';
import { test } from 'tap';
import type { Test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { documentOf, pluginOf } from '../kit/policies.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** Milliseconds: longer than anything beside an exchange takes on a busy machine. */
const LONGEST = 60_000;

/** Waits until the counter stands at `value`: what happens beside an exchange has no end that a client sees. */
async function outcome(gateway: TestGateway, policy: string, expected: string): Promise<string> {
  let found = '';
  for (const end = performance.now() + LONGEST; found !== expected && performance.now() < end;) {
    const lines = [
      ...(await gateway.cell.metrics()).matchAll(/policy="([^"]+)",plugin="[^"]+",outcome="(\w+)"\} (\d+)/g),
    ];
    found = lines
      .filter(([, name]) => name === policy)
      .map(([, , said, count]) => `${said} ${count}`)
      .join(', ');
    if (found !== expected) await wait(5);
  }
  return found;
}

async function gatewayWith(
  t: Test,
  target: string,
  handlers: Readonly<Record<string, () => Handlers>>,
): Promise<TestGateway> {
  const plugins = Object.entries(handlers).map(([name, make]) => pluginOf(name, make));
  const policies = plugins.map(({ name }) => `name: ${name}, plugin: ${name}, mode: shadow`);
  return gatewayFor(t, documentOf(target, [...policies, 'name: log, plugin: access-log']), plugins);
}

test('a policy in shadow refuses nothing; counters, access log and status tell what it would have done', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayWith(t, upstream.url, {
    no: () => ({ request: () => refuse({ status: 403, code: 'no/no', detail: 'No.' }) }),
    teapot: () => ({ response: () => respond({ status: 418, body: 'short' }) }),
    broken: () => ({
      request() {
        throw new Error('secret');
      },
    }),
  });
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.status, 200);
  t.equal(answer.body, 'ok');
  t.equal(await outcome(gateway, 'no', 'would_refuse 1'), 'would_refuse 1');
  t.equal(await outcome(gateway, 'teapot', 'would_respond 1'), 'would_respond 1');
  t.equal(await outcome(gateway, 'broken', 'would_fail 1'), 'would_fail 1');
  t.match(gateway.written, [
    {
      status: 200,
      policy: undefined,
      shadowed: [
        { policy: 'no', step: 'request', kind: 'refuse', status: 403, code: 'no/no' },
        { policy: 'broken', step: 'request', kind: 'failed', status: 500, code: 'policy/threw' },
        { policy: 'teapot', step: 'response', kind: 'respond', status: 418, code: '' },
      ],
    },
  ]);
});

test('a policy in shadow that fails on every request writes few lines, none of them about a failed exchange', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayWith(t, upstream.url, {
    broken: () => ({ request: () => Promise.reject(new Error('x')) }),
  });
  for (let at = 0; at < 20; at += 1) await request(gateway.port(), 'GET /');
  t.equal(await outcome(gateway, 'broken', 'would_fail 20'), 'would_fail 20');
  t.same(
    gateway.said.filter(({ level }) => level !== 'info').map(({ message }) => message),
    ['a policy in shadow would have failed'],
  );
});

test('an access log in shadow marks its lines', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: log, plugin: access-log, mode: shadow']));
  await request(gateway.port(), 'GET /');
  if (FROM_INSIDE) t.match(gateway.written, [{ status: 200, shadow: true }]);
});

test('a body step in shadow reads what streams by, decoded, and the upstream gets the bytes as they came', async (t) => {
  const upstream = await upstreamFor(t);
  const seen: string[] = [];
  const gateway = await gatewayWith(t, upstream.url, {
    reader: () => ({
      requestBody: {
        limit: 100,
        run(_exchange, body) {
          seen.push(body.text());
          body.bytes.fill(0);
          body.replace('other');
          return refuse({ status: 422, code: 'reader/no', detail: 'No.' });
        },
      },
    }),
    small: () => ({ requestBody: { limit: 4, run: () => void t.fail('runs over its limit') } }),
  });
  const coded = gzipSync('hello');
  const lines = `Host: h\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`;
  const answer = await sendRaw(gateway.port(), Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines}`), coded]));
  t.equal(answer.status, 200);
  t.ok(upstream.seen[0]?.body.equals(coded));
  t.equal(upstream.seen[0]?.headers['content-encoding'], 'gzip');
  t.equal(await outcome(gateway, 'reader', 'would_refuse 1'), 'would_refuse 1');
  t.equal(await outcome(gateway, 'small', 'would_refuse 1'), 'would_refuse 1');
  t.same(seen, ['hello']);
  await request(gateway.port(), 'POST /', [['Content-Encoding', 'gzip']], 'not gzip');
  t.equal(await outcome(gateway, 'reader', 'would_refuse 2'), 'would_refuse 2', 'an unreadable body is a refusal');
  t.equal((await request(gateway.port(), 'POST /', [], 'x'.repeat(101))).status, 200);
  t.equal(await outcome(gateway, 'reader', 'would_refuse 3'), 'would_refuse 3', 'so is one over the limit');
  t.equal(upstream.seen.at(-1)?.body.length, 101);
  t.equal(seen.length, 1);
});

test('body steps in shadow make no exchange wait for a body', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.write('first');
    void once(gate, 'go').then(() => response.end('last'));
  });
  const gate = new EventTarget();
  let ran = 0;
  const read = { limit: 1000, run: () => void (ran += 1) };
  const gateway = await gatewayWith(t, upstream.url, { reader: () => ({ requestBody: read, responseBody: read }) });
  const socket = connect(gateway.port(), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  const arrived = once(upstream.server, 'request');
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
  await arrived;
  t.equal(ran, 0, 'the upstream has the head while the body is on its way');
  socket.write('0\r\n\r\n');
  while (!text.includes('first')) await wait(2);
  t.equal(ran, 1, 'the client has the first chunk while the rest is on its way');
  gate.dispatchEvent(new Event('go'));
  await once(socket, 'close');
  t.ok(text.includes('last'));
  while (ran < 2) await wait(2);
});

test('body steps in shadow read what goes to the builtin upstream as well', async (t) => {
  const seen: string[] = [];
  const reader = pluginOf('reader', () => ({
    requestBody: { limit: 100, run: (_exchange, body) => void seen.push(body.text()) },
  }));
  const document = documentOf('http://127.0.0.1:1', ['name: reader, plugin: reader, mode: shadow']);
  const gateway = await gatewayFor(t, document.replace(/targets: \[[^\]]+\]/, 'builtin: echo'), [reader]);
  t.match(JSON.parse((await request(gateway.port(), 'POST /', [], 'hello')).body), { bodyBytes: 5 });
  while (seen.length === 0) await wait(2);
  t.same(seen, ['hello']);
});

test('where an enforced step buffers, a shadow reads a copy in its place', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const seen: string[] = [];
  const step = (tag: string): Handlers => {
    const read = {
      limit: tag === 'small' ? 3 : 100,
      run(_exchange: unknown, body: { text(): string; replace(text: string): void }) {
        seen.push(`${tag} ${body.text()}`);
        body.replace(`<${body.text()}>`);
      },
    };
    return { requestBody: read, responseBody: read };
  };
  const policies = ['a, mode: shadow', 'b', 'c, mode: shadow', 'small, mode: shadow'].map((name) => {
    const [tag = '', mode = 'mode: enforce'] = name.split(', ');
    return `name: ${tag}, plugin: wrap, ${mode}, config: { tag: ${tag} }`;
  });
  const gateway = await gatewayFor(t, documentOf(upstream.url, policies), [pluginOf('wrap', step)]);
  t.equal((await request(gateway.port(), 'POST /', [], 'hello')).body, '<<hello>>');
  t.same(seen, ['a hello', 'b hello', 'c <hello>', 'c <hello>', 'b <hello>', 'a <<hello>>']);
  t.equal(await outcome(gateway, 'small', 'would_refuse 2'), 'would_refuse 2');
});

test('streams in shadow get copies; what they make of them, and that they break, reaches nobody', async (t) => {
  const seen: string[] = [];
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10, etag: '"1"' });
    response.write('hello');
    void until(async () => seen.length > 0, 'the first chunk does not pass').then(() => response.end('world'));
  });
  const upper = (): Transform =>
    new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()) });
  const gateway = await gatewayWith(t, upstream.url, {
    tap: () => ({
      responseStream: () => ({
        kind: 'tap',
        chunk: (bytes) => {
          seen.push(Buffer.from(bytes).toString());
          bytes.fill(0);
        },
        end: () => void seen.push('end'),
      }),
    }),
    upper: () => ({ responseStream: () => ({ kind: 'transform', stream: upper() }) }),
    throws: () => ({
      responseStream() {
        throw new Error('x');
      },
    }),
    breaks: () => ({
      responseStream: () => ({
        kind: 'transform',
        stream: new Transform({ transform: (_chunk, _encoding, done) => done(new Error('x')) }),
      }),
    }),
    tears: () => ({
      responseStream: () => ({
        kind: 'tap',
        chunk: () => {
          throw new Error('x');
        },
        end: () => undefined,
      }),
    }),
  });
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.body, 'helloworld');
  t.equal(answer.header('content-length'), '10');
  t.equal(answer.header('etag'), '"1"');
  t.same(seen, ['hello', 'world', 'end']);
  for (const name of ['throws', 'breaks', 'tears'])
    t.equal(await outcome(gateway, name, 'would_fail 1'), 'would_fail 1', name);
});

test('a stream in shadow sees what the enforced ones before it make of the body', async (t) => {
  const upstream = await upstreamFor(t);
  const seen: string[] = [];
  const watch = pluginOf('watch', () => ({
    responseStream: () => ({
      kind: 'transform',
      stream: new Transform({
        transform(chunk: Buffer, _encoding, done) {
          seen.push(chunk.toString());
          done(null, 'other');
        },
      }),
    }),
  }));
  const upper = pluginOf('upper', () => ({
    responseStream: () => ({
      kind: 'transform',
      stream: new Transform({
        transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()),
      }),
    }),
  }));
  const policies = [
    'name: after, plugin: watch, mode: shadow',
    'name: upper, plugin: upper',
    'name: before, plugin: watch, mode: shadow',
  ];
  const gateway = await gatewayFor(t, documentOf(upstream.url, policies), [watch, upper]);
  t.equal((await request(gateway.port(), 'GET /')).body, 'OK');
  while (seen.length < 2) await wait(2);
  t.same(seen.toSorted(), ['OK', 'ok']);
});

test('a transform in shadow that is too slow is left out, and holds nothing up', async (t) => {
  const size = 4 * 1024 * 1024;
  const upstream = await upstreamFor(t, (_request, response) => response.end(Buffer.alloc(size, 'x')));
  const destroyed: string[] = [];
  const gateway = await gatewayWith(t, upstream.url, {
    stuck: () => ({
      responseStream: () => ({
        kind: 'transform',
        stream: new Transform({
          transform: () => undefined,
          destroy: (error, done) => {
            destroyed.push('stuck');
            done(error);
          },
        }),
      }),
    }),
  });
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.body.length, size);
  t.equal(await outcome(gateway, 'stuck', 'would_fail 1'), 'would_fail 1');
  t.match(gateway.written[0], { shadowed: [{ policy: 'stuck', code: 'policy/fell-behind' }] });
  t.same(destroyed, ['stuck']);
});

test('a slow shadow delays no answer, is not closed under its own step, and lets its snapshot go in the end', async (t) => {
  const upstream = await upstreamFor(t);
  const events: string[] = [];
  let release: () => void = () => undefined;
  const gateway = await gatewayWith(t, upstream.url, {
    slow: () => ({
      request: () =>
        new Promise<void>((resolve) => {
          release = () => {
            events.push('ended');
            resolve();
          };
        }),
      close: () => void events.push('closed'),
    }),
  });
  t.equal((await request(gateway.port(), 'GET /')).status, 200);
  t.same(await gateway.apply(documentOf(upstream.url, ['name: log, plugin: access-log'])), []);
  t.equal((await request(gateway.port(), 'GET /')).status, 200);
  t.equal(gateway.cell.status().liveSnapshots, 2);
  release();
  while (events.length < 2) await wait(2);
  t.same(events, ['ended', 'closed']);
  t.equal(gateway.cell.status().liveSnapshots, 1);
});

test('what a policy keeps in shadow is not what it keeps enforced', async (t) => {
  const upstream = await upstreamFor(t);
  const once2 = pluginOf('once', (_tag, context) => {
    const state = context.keep('count', () => ({ left: 1 }));
    return {
      request() {
        state.left -= 1;
        return state.left < 0 ? refuse({ status: 429, code: 'once/empty', detail: 'Empty.' }) : undefined;
      },
    };
  });
  const document = `${SERVER}
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies: [{ name: one, plugin: once }]
apiGroups:
  - { name: tried, basePath: /tried, upstream: up, policies: [{ policy: one, mode: shadow }] }
  - { name: real, basePath: /real, upstream: up, policies: [one] }
`;
  const gateway = await gatewayFor(t, document, [once2]);
  const status = async (path: string): Promise<number> => (await request(gateway.port(), `GET ${path}`)).status;
  t.same([await status('/tried'), await status('/tried'), await status('/tried')], [200, 200, 200]);
  t.same([await status('/real'), await status('/real')], [200, 429]);
  t.equal(await outcome(gateway, 'one', 'would_refuse 2, refused 1'), 'would_refuse 2, refused 1');
});

test('a policy that is off runs where a list says so, in the mode that the list says', async (t) => {
  const upstream = await upstreamFor(t);
  const no = pluginOf('no', () => ({ request: () => refuse({ status: 403, code: 'no/no', detail: 'No.' }) }));
  const document = (mode: string): string => `${SERVER}
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies: [{ name: n, plugin: no, mode: off }]
apiGroups: [{ name: api, upstream: up, policies: [{ policy: n, mode: ${mode} }] }]
`;
  const gateway = await gatewayFor(t, document('enforce'), [no]);
  t.equal((await request(gateway.port(), 'GET /')).status, 403);
  await gateway.apply(document('shadow'));
  t.equal((await request(gateway.port(), 'GET /')).status, 200);
  t.equal(await outcome(gateway, 'n', 'refused 1, would_refuse 1'), 'refused 1, would_refuse 1');
});

test('a cors policy in shadow stands beside the enforced one: it is asked, counts once, and the enforced one answers', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => response.end('from the upstream'));
  const policies = [
    'name: tried, plugin: cors, mode: shadow, config: { allowOrigins: [https://new.test], enforcement: strict }',
    'name: real, plugin: cors, config: { allowOrigins: [https://old.test] }',
  ];
  const gateway = await gatewayFor(t, documentOf(upstream.url, policies));
  const preflight = (origin: string) =>
    request(gateway.port(), 'OPTIONS /', [
      ['Origin', origin],
      ['Access-Control-Request-Method', 'GET'],
    ]);
  const allowed = await preflight('https://old.test');
  t.equal(allowed.status, 204);
  t.equal(allowed.header('access-control-allow-origin'), 'https://old.test');
  t.equal(upstream.seen.length, 0);
  t.equal(await outcome(gateway, 'tried', 'would_refuse 1'), 'would_refuse 1');
  const actual = await request(gateway.port(), 'GET /', [['Origin', 'https://new.test']]);
  t.equal(actual.header('access-control-allow-origin'), undefined);
  await gateway.apply(documentOf(upstream.url, [String(policies[0])]));
  const forwarded = await preflight('https://new.test');
  t.same([forwarded.status, forwarded.body], [200, 'from the upstream'], 'none answers: it is an ordinary OPTIONS');
  t.notOk(forwarded.lines.some(([name]) => name.startsWith('access-control-') || name === 'vary'));
  const events = await gateway.cell.metrics();
  t.match(events, /policy="tried",plugin="cors",event="origins_allowed"\} 2\n/, 'the GET, and the preflight once');
  t.match(events, /policy="tried",plugin="cors",event="origins_denied"\} 1\n/);
});
