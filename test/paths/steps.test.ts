import { once } from 'node:events';
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { refuse, respond } from '@postern/kit';
import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { documentOf, pluginOf } from '../kit/policies.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

test('request body steps read the decoded body once and may replace it', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const seen: string[] = [];
  const reader = pluginOf('reader', (tag) => ({
    requestBody: {
      limit: 1024,
      run(_exchange, body) {
        seen.push(`${tag} ${body.text()}`);
        if (tag === 'b') body.replace(`<${body.text()}>`);
      },
    },
  }));
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url, [
      'name: a, plugin: reader, config: { tag: a }',
      'name: b, plugin: reader, config: { tag: b }',
      'name: c, plugin: reader, config: { tag: c }',
    ]),
    [reader],
  );
  const coded = gzipSync('hello');
  const head = `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`;
  const answer = await sendRaw(gateway.port(), Buffer.concat([Buffer.from(head), coded]));
  t.equal(answer.body, '<hello>');
  t.same(seen, ['a hello', 'b hello', 'c <hello>']);
  t.equal(upstream.seen[0]?.headers['content-encoding'], undefined);
  t.equal(upstream.seen[0]?.headers['content-length'], '7');
});

test('a body that no step replaces goes upstream in the very bytes the client sent', async (t) => {
  const upstream = await upstreamFor(t);
  const reader = pluginOf('reader', () => ({ requestBody: { limit: 1024, run: () => undefined } }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: reader']), [reader]);
  const coded = gzipSync('hello');
  await sendRaw(
    gateway.port(),
    Buffer.concat([
      Buffer.from(
        `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`,
      ),
      coded,
    ]),
  );
  t.ok(upstream.seen[0]?.body.equals(coded));
  t.equal(upstream.seen[0]?.headers['content-encoding'], 'gzip');
});

test("a request body over a step's limit is 413, also when only its decoded form is", async (t) => {
  const upstream = await upstreamFor(t);
  const reader = pluginOf('reader', () => ({ requestBody: { limit: 100, run: () => undefined } }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: reader']), [reader]);
  t.equal((await request(gateway.port(), 'POST /', [], 'x'.repeat(101))).status, 413);
  t.equal((await request(gateway.port(), 'POST /', [], 'x'.repeat(100))).status, 200);
  const small = gzipSync(Buffer.alloc(5_000));
  t.ok(small.length < 100, 'the coded body itself is within the limit');
  const head = `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: ${small.length}\r\n\r\n`;
  t.equal((await sendRaw(gateway.port(), Buffer.concat([Buffer.from(head), small]))).status, 413);
  t.equal((await request(gateway.port(), 'POST /', [['Content-Encoding', 'zstd2']], 'x')).status, 415);
  t.equal((await request(gateway.port(), 'POST /', [['Content-Encoding', 'gzip']], 'not gzip')).status, 400);
  t.equal(upstream.seen.length, 1);
});

test('response body steps run backwards on the decoded body, and length, ETag and coding are mended', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'br', etag: '"1"', 'x-up': '1' });
    response.end(brotliCompressSync('hello'));
  });
  const wrap = pluginOf('wrap', (tag) => ({
    responseBody: { limit: 1024, run: (_exchange, body) => body.replace(`${tag}(${body.text()})`) },
  }));
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url, [
      'name: a, plugin: wrap, config: { tag: a }',
      'name: b, plugin: wrap, config: { tag: b }',
    ]),
    [wrap],
  );
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.body, 'a(b(hello))');
  t.equal(answer.header('content-length'), '11');
  t.equal(answer.header('content-encoding'), undefined);
  t.equal(answer.header('etag'), undefined);
  t.equal(answer.header('x-up'), '1');
});

test('a response body that is read but not replaced leaves as it came', async (t) => {
  const coded = gzipSync('hello');
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', etag: '"1"' });
    response.end(coded);
  });
  const seen: string[] = [];
  const reader = pluginOf('reader', () => ({
    responseBody: { limit: 1024, run: (_exchange, body) => void seen.push(body.text()) },
  }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: reader']), [reader]);
  const response = await fetch(`http://127.0.0.1:${gateway.port()}/`);
  t.equal(await response.text(), 'hello');
  t.equal(response.headers.get('etag'), '"1"');
  t.same(seen, ['hello']);
  t.equal(gunzipSync(coded).toString(), 'hello');
});

test("a response over a step's limit is 502; HEAD, 204, 206, 304 and event streams skip body steps", async (t) => {
  const upstream = await upstreamFor(t, ({ url = '', method }, response) => {
    const status = Number(url.slice(1)) || 200;
    if (url === '/events') response.setHeader('content-type', 'text/event-stream');
    response.statusCode = status;
    if (status === 204 || status === 304 || method === 'HEAD') response.end();
    else response.end(url === '/big' ? 'x'.repeat(200) : 'small');
  });
  let ran = 0;
  const reader = pluginOf('reader', () => ({ responseBody: { limit: 100, run: () => void (ran += 1) } }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: reader']), [reader]);
  const port = gateway.port();
  const big = await request(port, 'GET /big');
  t.equal(big.status, 502);
  t.match(JSON.parse(big.body), { code: 'gateway/response-too-large' });
  for (const line of ['HEAD /', 'GET /204', 'GET /206', 'GET /304', 'GET /events']) await request(port, line);
  t.equal(ran, 0);
  t.equal((await request(port, 'GET /')).body, 'small');
  t.equal(ran, 1);
});

test('HEAD behind an asynchronous response step gets its answer', async (t) => {
  // undici holds nothing back on HEAD: the answer is whole while its response steps still run.
  const upstream = await upstreamFor(t, (_request, response) => response.end('hello'));
  const slow = pluginOf('slow', () => ({ response: () => wait(10).then(() => undefined) }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: slow']), [slow]);
  t.equal((await request(gateway.port(), 'HEAD /')).status, 200);
  t.equal((await request(gateway.port(), 'GET /')).body, 'hello');
});

test('streams of policies tap and transform what passes, without buffering it', async (t) => {
  const chunks: string[] = [];
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10, etag: '"1"' });
    response.write('hello');
    void until(async () => chunks.length > 0, 'the first chunk does not pass').then(() => response.end('world'));
  });
  const tap = pluginOf('watch', () => ({
    responseStream: () => ({
      kind: 'tap',
      chunk: (bytes) => void chunks.push(Buffer.from(bytes).toString()),
      end: () => void chunks.push('end'),
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
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url, ['name: tap, plugin: watch', 'name: upper, plugin: upper']),
    [tap, upper],
  );
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.body, 'HELLOWORLD');
  t.equal(answer.header('content-length'), undefined);
  t.equal(answer.header('etag'), undefined);
  t.same(chunks, ['hello', 'world', 'end']);
});

test('event streams leave chunk by chunk, and give their snapshot back', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
  });
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: id, plugin: request-id']));
  const socket = connect(gateway.port(), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  let text = '';
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  while (!text.includes('data: 1')) await wait(5);
  t.same(
    await gateway.apply(documentOf(upstream.url, ['name: id, plugin: request-id', 'name: log, plugin: access-log'])),
    [],
  );
  if (FROM_INSIDE) t.equal(gateway.cell.status().liveSnapshots, 1, 'the stream holds no snapshot');
  socket.destroy();
  await once(socket, 'close');
});

test("a policy answers in the upstream's place, and response steps run on its answer", async (t) => {
  const upstream = await upstreamFor(t);
  const teapot = pluginOf('teapot', () => ({
    request: () => respond({ status: 418, headers: ['x-tea', '1'], body: 'short' }),
  }));
  const mark = pluginOf('mark', () => ({
    response: ({ response }) =>
      response.headers.set(
        'x-made-by',
        response.madeBy.kind === 'policy' ? response.madeBy.policy : response.madeBy.kind,
      ),
  }));
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url, ['name: mark, plugin: mark', 'name: tea, plugin: teapot']),
    [teapot, mark],
  );
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.status, 418);
  t.equal(answer.body, 'short');
  t.equal(answer.header('x-made-by'), 'tea');
  t.equal(upstream.seen.length, 0);
});

test('a policy that throws or is late fails closed with CORS headers, and other requests do not notice', async (t) => {
  const upstream = await upstreamFor(t);
  const bad = pluginOf('bad', () => ({
    request(exchange) {
      if (exchange.request.path === '/throw') throw new Error('secret 10.1.2.3');
      if (exchange.request.path === '/late') return new Promise(() => undefined);
      if (exchange.request.path === '/reject') return Promise.reject(new Error('secret'));
      return undefined;
    },
  }));
  const policies = [
    'name: cors, plugin: cors, config: { allowOrigins: [https://app.test] }',
    'name: bad, plugin: bad, timeout: 100ms',
    'name: log, plugin: access-log',
  ];
  const gateway = await gatewayFor(t, documentOf(upstream.url, policies), [bad]);
  const ask = async (path: string): Promise<[number, unknown, string | undefined]> => {
    const answer = await request(gateway.port(), `GET ${path}`, [['Origin', 'https://app.test']]);
    return [
      answer.status,
      answer.status === 200 ? undefined : JSON.parse(answer.body).code,
      answer.header('access-control-allow-origin'),
    ];
  };
  const origin = 'https://app.test';
  const all = await Promise.all(['/throw', '/late', '/reject', '/fine', '/fine'].map(ask));
  t.same(all, [
    [500, 'policy/threw', origin],
    [504, 'policy/timed-out', origin],
    [500, 'policy/threw', origin],
    [200, undefined, origin],
    [200, undefined, origin],
  ]);
  t.equal(upstream.seen.length, 2);
  t.match(
    gateway.written.find(({ path }) => path === '/throw'),
    { status: 500, policy: 'bad', code: 'policy/threw', where: /^gateway\.yaml:\d+$/ },
  );
  t.ok(
    gateway.said.some(({ level, record }) => level === 'error' && String(record['err']).includes('secret 10.1.2.3')),
    'the log has the cause',
  );
  t.match(
    await gateway.cell.metrics(),
    /postern_policy_outcomes_total\{policy="bad",plugin="bad",outcome="failed"\} 3/,
  );
});

test('what a policy keeps survives reloads that change it, and goes with its last snapshot', async (t) => {
  const upstream = await upstreamFor(t);
  const events: string[] = [];
  const counting = pluginOf('counting', (tag, context) => {
    const state = context.keep(
      'count',
      () => ({ count: 0 }),
      ({ count }) => void events.push(`disposed at ${count}`),
    );
    events.push(`compiled ${tag}`);
    return {
      request: ({ outgoing }) => {
        state.count += 1;
        outgoing.set('x-count', `${tag}${state.count}`);
      },
      close: () => void events.push(`closed ${tag}`),
    };
  });
  const document = (tag: string): string =>
    documentOf(upstream.url, [`name: n, plugin: counting, config: { tag: ${tag} }`]);
  const gateway = await gatewayFor(t, document('a'), [counting]);
  const count = async (): Promise<unknown> => {
    await request(gateway.port(), 'GET /');
    return upstream.seen.at(-1)?.headers['x-count'];
  };
  t.equal(await count(), 'a1');
  await gateway.apply(`# moved down\n${document('a')}`);
  t.same(events, ['compiled a'], 'an unchanged policy is shared, not compiled again');
  t.equal(await count(), 'a2');
  await gateway.apply(document('b'));
  t.equal(await count(), 'b3');
  await until(async () => events.length >= 3, 'it is not closed');
  t.same(events, ['compiled a', 'compiled b', 'closed a']);
  await gateway.apply(documentOf(upstream.url, ['name: id, plugin: request-id']));
  await request(gateway.port(), 'GET /');
  await until(async () => events.length >= 5, 'it is not disposed');
  t.same(events.slice(3), ['closed b', 'disposed at 3']);
});

test('a request in flight ends on the snapshot it began with, and the old one closes after it', async (t) => {
  const upstream = await upstreamFor(t);
  const events: string[] = [];
  let release: (() => void) | undefined;
  const slow = pluginOf('slow', (tag) => ({
    request: ({ request: { path } }) =>
      path === '/slow'
        ? new Promise<void>((resolve) => {
            release = resolve;
          })
        : undefined,
    response: ({ response }) => response.headers.set('x-tag', tag),
    close: () => void events.push(`closed ${tag}`),
  }));
  const document = (tag: string): string =>
    documentOf(upstream.url, [`name: n, plugin: slow, timeout: 1m, config: { tag: ${tag} }`]);
  const gateway = await gatewayFor(t, document('old'), [slow]);
  const pending = request(gateway.port(), 'GET /slow');
  while (release === undefined) await wait(5);
  await gateway.apply(document('new'));
  t.equal((await request(gateway.port(), 'GET /')).header('x-tag'), 'new');
  t.equal(gateway.cell.status().liveSnapshots, 2);
  t.same(events, []);
  release?.();
  t.equal((await pending).header('x-tag'), 'old');
  await until(async () => events.length > 0, 'it is not closed');
  t.same(events, ['closed old']);
  t.equal(gateway.cell.status().liveSnapshots, 1);
});

test('a policy is not closed under its own step, though the client went away', async (t) => {
  const upstream = await upstreamFor(t);
  const events: string[] = [];
  let release: (() => void) | undefined;
  const slow = pluginOf('slow', () => ({
    request: () =>
      new Promise<void>((resolve) => {
        release = () => {
          events.push('ended');
          resolve();
        };
      }),
    close: () => void events.push('closed'),
    done: () => void events.push('done'),
  }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: n, plugin: slow, timeout: 1m']), [slow]);
  const socket = connect(gateway.port(), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  while (release === undefined) await wait(5);
  socket.destroy();
  while (events.length === 0) await wait(5);
  await gateway.apply(documentOf(upstream.url, ['name: id, plugin: request-id']));
  t.equal(gateway.cell.status().liveSnapshots, 2);
  release?.();
  while (events.length < 3) await wait(5);
  t.same(events, ['done', 'ended', 'closed']);
});

test('a policy with mode: off is as if it were not attached', async (t) => {
  const upstream = await upstreamFor(t);
  const no = pluginOf('no', () => ({ request: () => refuse({ status: 403, code: 'no/no', detail: 'No.' }) }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: n, plugin: no, mode: off']), [no]);
  t.equal((await request(gateway.port(), 'GET /')).status, 200);
  await gateway.apply(documentOf(upstream.url, ['name: n, plugin: no']));
  t.equal((await request(gateway.port(), 'GET /')).status, 403);
});

test("a plugin whose compile throws or finds problems refuses the document at the policy's config", async (t) => {
  const upstream = await upstreamFor(t);
  const picky = pluginOf('picky', (tag) => {
    if (tag === 'throw') throw new Error('a bug');
    return {};
  });
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: n, plugin: picky']), [picky]);
  t.same(await gateway.apply(documentOf(upstream.url, ['name: n, plugin: picky, config: { tag: throw }'])), [
    'plugin/compile-threw',
  ]);
  t.equal((await request(gateway.port(), 'GET /')).status, 200);
});

test('gateway, group and route lists run in the written order', async (t) => {
  const upstream = await upstreamFor(t);
  const mark = pluginOf('mark', (tag) => ({
    request: ({ outgoing }) => outgoing.add('x-order', tag),
    response: ({ response }) => response.headers.add('x-order', tag),
  }));
  const policy = (tag: string): string => `  - { name: ${tag}, plugin: mark, config: { tag: ${tag} } }`;
  const document = `${SERVER}
gateway: { policies: [gw] }
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies:
${['gw', 'g1', 'g2', 'r1', 'r2'].map(policy).join('\n')}
apiGroups:
  - name: plain
    basePath: /plain
    upstream: up
    policies: [g2, g1]
  - name: placed
    basePath: /placed
    upstream: up
    policies: [g1, inherit, g2]
    routes:
      - { name: one, path: /one, policies: [r1, inherit, r2, g1] }
      - { name: two, path: /two, skip: [g1] }
      - { name: all, path: /* }
`;
  const gateway = await gatewayFor(t, document, [mark]);
  const order = async (path: string): Promise<unknown[]> => {
    const answer = await request(gateway.port(), `GET ${path}`);
    return [upstream.seen.at(-1)?.headers['x-order'], answer.header('x-order')];
  };
  t.same(await order('/plain/x'), ['gw, g2, g1', 'g1, g2, gw']);
  t.same(await order('/placed/x'), ['g1, gw, g2', 'g2, gw, g1']);
  t.same(await order('/placed/one'), ['r1, g1, gw, g2, r2', 'r2, g2, gw, g1, r1']);
  t.same(await order('/placed/two'), ['gw, g2', 'g2, gw']);
});

test('connections to an upstream outlive a reload, and close once no document has it', async (t) => {
  const sockets = new Set<unknown>();
  let closed = 0;
  const upstream = await upstreamFor(t, (incoming, response) => {
    if (!sockets.has(incoming.socket)) incoming.socket.once('close', () => void (closed += 1));
    sockets.add(incoming.socket);
    response.end('ok');
  });
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: id, plugin: request-id']));
  await request(gateway.port(), 'GET /');
  await gateway.apply(documentOf(upstream.url, ['name: log, plugin: access-log']));
  await request(gateway.port(), 'GET /');
  // Every worker has connections of its own.
  if (FROM_INSIDE) t.equal(sockets.size, 1, 'the kept connection serves the next snapshot too');
  await gateway.apply(`${SERVER}upstreams: [{ name: up, builtin: echo }]\napiGroups: [{ name: api, upstream: up }]\n`);
  await until(async () => closed > 0, 'it stays open');
  if (FROM_INSIDE) t.equal(closed, 1);
});
