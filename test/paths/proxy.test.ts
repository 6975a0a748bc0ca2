import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** A document with one group in front of `targets`, and what the test adds. */
function proxyTo(
  target: string,
  more: {
    readonly group?: string;
    readonly upstream?: string;
    readonly server?: string;
    readonly policies?: string;
  } = {},
): string {
  return `${SERVER}${more.server ?? ''}
upstreams:
  - { name: up, targets: ["${target}"]${more.upstream ?? ''} }
policies:
  - { name: cors, plugin: cors, config: { allowOrigins: [https://app.test] } }
${more.policies ?? ''}
apiGroups:
  - { name: api, basePath: /api, upstream: up, policies: [cors]${more.group ?? ''} }
`;
}

test('a request reaches the upstream as it came, and its answer the client', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(201, 'Whatever', { 'x-up': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] });
    response.end('made');
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const answer = await request(
    gateway.port(),
    'POST /api/items/1?b=2&a=%20',
    [
      ['X-Custom', 'v'],
      ['Content-Type', 'text/weird'],
    ],
    '{"a":1}',
  );
  t.equal(answer.status, 201);
  t.equal(answer.body, 'made');
  t.same(
    answer.lines.filter(([name]) => name === 'set-cookie' || name === 'x-up'),
    [
      ['x-up', '1'],
      ['x-up', '2'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
  );
  const [seen] = upstream.seen;
  t.equal(seen?.method, 'POST');
  t.equal(seen?.url, '/api/items/1?b=2&a=%20');
  t.equal(seen?.body.toString(), '{"a":1}');
  t.equal(seen?.headers['x-custom'], 'v');
  t.equal(seen?.headers['content-type'], 'text/weird');
  t.equal(seen?.headers.host, `127.0.0.1:${upstream.port}`);
});

test('no header of ours leaves but what policies add', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.sendDate = false;
    response.writeHead(200, { 'content-length': 2 });
    response.end('ok');
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const answer = await request(gateway.port(), 'GET /api/x');
  t.same(answer.lines.map(([name]) => name).toSorted(), ['connection', 'content-length', 'date', 'vary']);
});

test('hop-by-hop fields and those that Connection nominates end at the gateway, both ways', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, {
      connection: 'x-hop, close',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      trailer: 'x-t',
      'proxy-authenticate': 'Basic',
      'x-kept': '1',
    });
    response.end('ok');
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const head = [
    'GET /api/x HTTP/1.1',
    'Host: h',
    'Connection: close, X-Secret',
    'X-Secret: 1',
    'TE: trailers',
    'Proxy-Authorization: Basic x',
    'Proxy-Connection: x',
    'Upgrade: foo',
    'X-Kept: 1',
  ];
  const answer = await sendRaw(gateway.port(), `${head.join('\r\n')}\r\n\r\n`);
  const [seen] = upstream.seen;
  for (const name of ['x-secret', 'te', 'proxy-authorization', 'proxy-connection', 'upgrade'])
    t.notOk(name in (seen?.headers ?? {}), `${name} goes upstream`);
  t.equal(seen?.headers['x-kept'], '1');
  for (const name of ['x-hop', 'keep-alive', 'trailer', 'proxy-authenticate'])
    t.equal(answer.header(name), undefined, `${name} leaves`);
  t.equal(answer.header('x-kept'), '1');
});

test('forwarded fields of a client nobody trusts are replaced', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  await request(gateway.port(), 'GET /api/x', [
    ['X-Forwarded-For', '10.9.9.9'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'evil.test'],
    ['Forwarded', 'for=10.9.9.9'],
    ['X-Real-IP', '10.9.9.9'],
    ['X-Consumer-Name', 'admin'],
    ['X-Postern-Anything', '1'],
  ]);
  const headers = upstream.seen[0]?.headers ?? {};
  t.equal(headers['x-forwarded-for'], '127.0.0.1');
  t.equal(headers['x-forwarded-proto'], 'http');
  t.equal(headers['x-forwarded-host'], 'gateway.test');
  t.equal(headers.forwarded, 'for=127.0.0.1;host="gateway.test";proto=http');
  for (const name of ['x-real-ip', 'x-consumer-name', 'x-postern-anything']) t.notOk(name in headers, name);
});

test('a trusted proxy is believed, up to the first address it does not vouch for', async (t) => {
  const upstream = await upstreamFor(t);
  const document = proxyTo(upstream.url).replace(
    '  drainTimeout',
    '  trustedProxies: [127.0.0.0/8, 10.0.0.0/8]\n  drainTimeout',
  );
  const gateway = await gatewayFor(t, document);
  await request(gateway.port(), 'GET /api/x', [
    ['X-Forwarded-For', '1.1.1.1, 203.0.113.7, 10.0.0.2'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'shop.example.com'],
  ]);
  const headers = upstream.seen[0]?.headers ?? {};
  t.equal(headers['x-forwarded-for'], '1.1.1.1, 203.0.113.7, 10.0.0.2, 127.0.0.1');
  t.equal(headers.forwarded, 'for=203.0.113.7;host="shop.example.com";proto=https');
  t.equal(headers['x-forwarded-proto'], 'https');
});

test('Forwarded of a trusted proxy is believed where there is no X-Forwarded-For', async (t) => {
  const upstream = await upstreamFor(t);
  const document = proxyTo(upstream.url).replace(
    '  drainTimeout',
    '  trustedProxies: [127.0.0.0/8, "2001:db8:1::/48"]\n  drainTimeout',
  );
  const gateway = await gatewayFor(t, document);
  const forwarded =
    'for=unknown, for="[2001:db8:9::7]:4711", for="[2001:db8:1::2]";proto=https;host="shop.example.com"';
  await request(gateway.port(), 'GET /api/x', [['Forwarded', forwarded]]);
  const headers = upstream.seen[0]?.headers ?? {};
  t.equal(headers.forwarded, 'for="[2001:db8:9::7]";host="shop.example.com";proto=https');
  t.equal(headers['x-forwarded-for'], 'unknown, [2001:db8:9::7]:4711, [2001:db8:1::2], 127.0.0.1');
});

test('a GET goes to the next target when one cannot be reached; a POST does not', async (t) => {
  const upstream = await upstreamFor(t);
  const gone = await upstreamFor(t);
  gone.server.close();
  const gateway = await gatewayFor(t, proxyTo(`${gone.url}", "${upstream.url}`));
  const answers = await Promise.all(
    ['GET', 'GET', 'GET', 'GET'].map((method) => request(gateway.port(), `${method} /api/x`)),
  );
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  // Every worker has turns of its own.
  const posts = await Promise.all(
    ['POST', 'POST', 'POST', 'POST'].map((method) => request(gateway.port(), `${method} /api/x`, [], 'x')),
  );
  t.same(new Set(posts.map(({ status }) => status)), new Set([200, 502]));
});

test('base path, target path and query join with exactly one slash', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, proxyTo(`${upstream.url}/root/`, { group: ', stripBasePath: true' }));
  for (const path of ['/api', '/api/', '/api/a/', '/api?x=1', '/api/%7Ea?', '/api/a%2Db'])
    await request(gateway.port(), `GET ${path}`);
  t.same(
    upstream.seen.map(({ url }) => url),
    ['/root/', '/root/', '/root/a/', '/root/?x=1', '/root/~a?', '/root/a-b'],
  );
});

test("the client's host goes upstream only where preserveHost says so", async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, proxyTo(upstream.url, { upstream: ', preserveHost: true' }));
  await request(gateway.port(), 'GET /api/x', [['Host', 'Shop.Example.COM.:8080']]);
  t.equal(upstream.seen[0]?.headers.host, 'shop.example.com:8080');
});

test('methods, content types and targets that Fastify would answer itself run the policies', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => response.end('from upstream'));
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const origin = ['Origin', 'https://app.test'] as const;
  for (const method of ['PROPFIND', 'QUERY', 'PURGE', 'MKCOL', 'REPORT', 'DELETE']) {
    const answer = await request(gateway.port(), `${method} /api/x`, [origin], method === 'QUERY' ? 'select' : '');
    t.equal(answer.body, 'from upstream', method);
    t.equal(answer.header('access-control-allow-origin'), 'https://app.test', method);
  }
  for (const type of [
    'application/json',
    'nonsense',
    'multipart/form-data; boundary=x',
    '; ;',
    'text/plain; charset=utf-16',
    'application/json; charset="',
  ]) {
    const answer = await request(gateway.port(), 'POST /api/x', [origin, ['Content-Type', type]], '{broken');
    t.equal(answer.body, 'from upstream', type);
    t.equal(upstream.seen.at(-1)?.body.toString(), '{broken', type);
    t.equal(upstream.seen.at(-1)?.headers['content-type'], type);
  }
  const bad = await request(gateway.port(), 'GET /api/%zz', [origin]);
  t.equal(bad.status, 400);
  t.equal(bad.header('content-type'), 'application/problem+json');
  t.equal(bad.header('vary'), 'Origin');
  t.match(JSON.parse(bad.body), { code: 'gate/target', status: 400 });
});

test('a 2 MiB text body streams through whole', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(String(body.length)));
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const body = 'x'.repeat(2 * 1024 * 1024);
  const answer = await request(gateway.port(), 'POST /api/x', [['Content-Type', 'text/plain']], body);
  t.equal(answer.body, String(body.length));
  t.ok(upstream.seen[0]?.body.equals(Buffer.from(body)));
});

test('a chunked body streams through whole', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const answer = await sendRaw(
    gateway.port(),
    'POST /api/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  );
  t.equal(answer.body, 'abcde');
  t.equal(upstream.seen[0]?.body.toString(), 'abcde');
});

test('Expect: 100-continue asks for the body only when the upstream gets it', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const exchange = async (path: string): Promise<string> => {
    const socket = connect(gateway.port(), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hello');
    });
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
    );
    await once(socket, 'close');
    return text;
  };
  const passed = await exchange('/api/x');
  t.match(passed, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  t.match(passed, /hello/);
  t.notOk('expect' in (upstream.seen[0]?.headers ?? {}));
  const refused = await exchange('/nowhere');
  t.match(refused, /^HTTP\/1\.1 404 /);
  const other = await request(gateway.port(), 'POST /api/x', [['Expect', 'a-miracle']], 'x');
  t.equal(other.status, 417);
});

test('an upstream that cannot be reached is 502 with CORS headers and without its address', async (t) => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  probe.close();
  const gateway = await gatewayFor(t, proxyTo(`http://127.0.0.1:${port}`));
  const answer = await request(gateway.port(), 'GET /api/x', [['Origin', 'https://app.test']]);
  t.equal(answer.status, 502);
  t.equal(answer.header('access-control-allow-origin'), 'https://app.test');
  t.match(JSON.parse(answer.body), { code: 'upstream/failed' });
  t.notMatch(answer.body, /127\.0\.0\.1|ECONN/);
  if (FROM_INSIDE)
    t.ok(
      gateway.said.some(
        ({ message, record }) => message === 'an upstream failed' && String(record['err']).includes('ECONNREFUSED'),
      ),
    );
});

test('an upstream that is late with its head is 504', async (t) => {
  const upstream = await upstreamFor(t, () => undefined);
  const gateway = await gatewayFor(t, proxyTo(upstream.url, { upstream: ', timeouts: { headers: 300ms }' }));
  const answer = await request(gateway.port(), 'GET /api/x');
  t.equal(answer.status, 504);
  t.match(JSON.parse(answer.body), { code: 'upstream/timed-out' });
});

test('a GET that is answered 503 goes upstream once', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.statusCode = 503;
    response.end('busy');
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const answer = await request(gateway.port(), 'GET /api/x');
  t.equal(answer.status, 503);
  t.equal(answer.body, 'busy');
  t.equal(upstream.seen.length, 1);
});

test('a GET whose kept-alive socket breaks before any byte goes once more; a POST does not', async (t) => {
  let breaks = 1;
  const upstream = await upstreamFor(t, (incoming, response) => {
    if (breaks-- > 0) incoming.socket.destroy();
    else response.end('second');
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  t.equal((await request(gateway.port(), 'GET /api/x')).body, 'second');
  breaks = 1;
  const post = await request(gateway.port(), 'POST /api/x', [], 'once');
  t.equal(post.status, 502);
  t.equal(upstream.seen.filter(({ method }) => method === 'POST').length, 1);
});

test('an answer that the upstream breaks off is visibly not whole', async (t) => {
  const upstream = await upstreamFor(t, (incoming, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setTimeout(() => incoming.socket.destroy(), 30);
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  await t.rejects(fetch(`http://127.0.0.1:${gateway.port()}/api/x`).then((response) => response.text()));
});

test('a client that goes away cancels the upstream request', async (t) => {
  let cancelled: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const upstream = await upstreamFor(t, (incoming) => incoming.socket.once('close', cancelled));
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const socket = connect(gateway.port(), '127.0.0.1');
  socket.write('GET /api/x HTTP/1.1\r\nHost: h\r\n\r\n');
  while (upstream.seen.length === 0) await wait(5);
  socket.destroy();
  await gone;
  t.pass('the upstream saw its connection close');
});

test('a slow reader holds the upstream back', async (t) => {
  let written = 0;
  const total = 64 * 1024 * 1024;
  const upstream = await upstreamFor(t, (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    const pump = (): void => {
      while (written < total) {
        written += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', pump);
      }
      response.end();
    };
    pump();
  });
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const socket = connect(gateway.port(), '127.0.0.1');
  socket.pause();
  socket.write('GET /api/x HTTP/1.1\r\nHost: h\r\n\r\n');
  // Until the buffers on the way are full, however long that takes here.
  for (let before = -1; written === 0 || written !== before;) {
    before = written;
    await wait(400);
  }
  t.ok(written > 0 && written < total / 2, `${written} of ${total} bytes were taken from the upstream`);
  socket.destroy();
});

test('limits refuse with their own status and lose nothing else', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(String(body.length)));
  const server = '  limits: { bodyBytes: 1KiB, urlBytes: 200, headerCount: 20, headerBytes: 4KiB }\n';
  const gateway = await gatewayFor(t, proxyTo(upstream.url, { server }));
  const port = gateway.port();
  t.equal((await request(port, 'POST /api/x', [], 'x'.repeat(1024))).body, '1024');
  const over = await request(port, 'POST /api/x', [['Origin', 'https://app.test']], 'x'.repeat(1025));
  t.equal(over.status, 413);
  t.equal(over.header('access-control-allow-origin'), 'https://app.test');
  const chunk = `${(2048).toString(16)}\r\n${'x'.repeat(2048)}\r\n0\r\n\r\n`;
  const chunked = await sendRaw(
    port,
    `POST /api/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
  );
  t.equal(chunked.status, 413);
  t.equal((await request(port, `GET /api/${'x'.repeat(300)}`)).status, 414);
  t.equal(
    (
      await request(
        port,
        'GET /api/x',
        Array.from({ length: 30 }, (_, at) => [`x-${at}`, '1'] as const),
      )
    ).status,
    431,
  );
  t.equal((await request(port, 'GET /api/x', [['x-big', 'x'.repeat(5000)]])).status, 431);
  t.equal(upstream.seen.length, 1, 'nothing over a limit reached the upstream whole');
});

test('a head that does not come in time is 408', async (t) => {
  const upstream = await upstreamFor(t);
  const server = '  limits: { headersTimeout: 200ms, requestTimeout: 400ms }\n';
  const gateway = await gatewayFor(t, proxyTo(upstream.url, { server }));
  const answer = await sendRaw(gateway.port(), 'GET /api/x HTTP/1.1\r\nHost:');
  t.equal(answer.status, 408);
});

test("404, 405 and 400 of a group carry its CORS headers; 404 of no group runs the gateway's list", async (t) => {
  const upstream = await upstreamFor(t);
  const document = proxyTo(upstream.url, {
    group: ', routes: [{ name: one, path: /one, methods: [GET] }]',
    policies: '  - { name: id, plugin: request-id }\n',
  }).replace('policies:\n', 'gateway: { policies: [id] }\npolicies:\n');
  const gateway = await gatewayFor(t, document);
  const origin = [['Origin', 'https://app.test']] as const;
  const missing = await request(gateway.port(), 'GET /api/two', origin);
  t.equal(missing.status, 404);
  t.equal(missing.header('access-control-allow-origin'), 'https://app.test');
  const method = await request(gateway.port(), 'DELETE /api/one', origin);
  t.equal(method.status, 405);
  t.equal(method.header('allow'), 'GET, HEAD');
  t.equal(method.header('access-control-allow-origin'), 'https://app.test');
  const slash = await request(gateway.port(), 'GET /api/o%2Fne', origin);
  t.equal(slash.status, 404);
  const nowhere = await request(gateway.port(), 'GET /nowhere', origin);
  t.equal(nowhere.status, 404);
  t.type(nowhere.header('x-request-id'), 'string');
  t.equal(nowhere.header('access-control-allow-origin'), undefined);
  t.equal(JSON.parse(nowhere.body).requestId, nowhere.header('x-request-id'));
  const options = await request(gateway.port(), 'OPTIONS /api/one', origin);
  t.equal(options.body, 'ok', 'an OPTIONS that is no preflight goes upstream');
});

test('an encoded slash passes only where the group says so', async (t) => {
  const upstream = await upstreamFor(t);
  const closed = await gatewayFor(t, proxyTo(upstream.url));
  t.equal((await request(closed.port(), 'GET /api/a%2fb')).status, 400);
  const open = await gatewayFor(t, proxyTo(upstream.url, { group: ', encodedSlash: true' }));
  t.equal((await request(open.port(), 'GET /api/a%2fb')).status, 200);
  t.same(
    upstream.seen.map(({ url }) => url),
    ['/api/a%2Fb'],
  );
});

test('the gate answers what is no request of ours with its own words, and counts it', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, proxyTo(upstream.url));
  const cases: readonly (readonly [bytes: string, status: number, code: string])[] = [
    ['GET /api/x HTTP/1.1\r\n\r\n', 400, 'gate/host'],
    ['GET /api/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'gate/host'],
    ['CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 501, 'gate/method'],
    ['TRACE /api/x HTTP/1.1\r\nHost: h\r\n\r\n', 501, 'gate/method'],
    ['FOO /api/x HTTP/1.1\r\nHost: h\r\n\r\n', 501, 'gate/method'],
    ['POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 501, 'gate/framing'],
    ['GET /api/x HTTP/1.1\r\nHost : h\r\n\r\n', 400, 'gate/malformed'],
    ['GET /api/x HTTP/9.9\r\nHost: h\r\n\r\n', 400, 'gate/malformed'],
  ];
  for (const [bytes, status, code] of cases) {
    const answer = await sendRaw(gateway.port(), bytes);
    t.equal(answer.status, status, bytes);
    t.equal(answer.header('vary'), 'Origin', bytes);
    t.match(JSON.parse(answer.body), { status, code, title: /^(?!Refused)/ }, bytes);
    t.match(await gateway.cell.metrics(), `postern_gate_total{code="${code}"}`);
  }
  t.equal(upstream.seen.length, 0);
  if (FROM_INSIDE)
    t.ok(gateway.said.some(({ message }) => message === 'a request was turned away at the gate: gate/host'));
});
