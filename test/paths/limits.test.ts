import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

function documentOf(upstream: string, limits: string, listener = '{ name: public, address: 127.0.0.1:0 }'): string {
  return `${SERVER.replace('{ name: public, address: 127.0.0.1:0 }', listener)}  limits: { ${limits} }
upstreams: [{ name: up, targets: ["${upstream}"], timeouts: { idle: 300ms } }]
policies: [{ name: cors, plugin: cors, config: { allowOrigins: [https://app.test] } }]
apiGroups: [{ name: api, upstream: up, policies: [cors] }]
`;
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const ofEachWorker = !FROM_INSIDE && 'the limit is of each worker: nobody knows which one takes a connection';

test('a connection over maxConnections is closed, and those within go on', { skip: ofEachWorker }, async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'maxConnections: 2'));
  const [first, second] = [await opened(gateway.port()), await opened(gateway.port())];
  const third = await opened(gateway.port());
  await once(third, 'close');
  second.destroy();
  first.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  const [chunk]: unknown[] = await once(first, 'data');
  t.match(String(chunk), /^HTTP\/1\.1 200 /);
});

test('an idle connection is closed after idleTimeout', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'idleTimeout: 200ms'));
  const socket = await opened(gateway.port());
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  socket.resume();
  const begun = performance.now();
  await once(socket, 'close');
  t.ok(performance.now() - begun < 30_000, 'half of what it is by default');
});

test('a body that does not come in time is 408 or a closed connection, and the upstream never takes half for the whole', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'headersTimeout: 200ms, requestTimeout: 400ms'));
  const socket = await opened(gateway.port());
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf');
  socket.resume();
  await once(socket, 'close');
  t.equal(upstream.seen.length, 0);
});

test('a client that breaks off in mid-body leaves the upstream with a broken request, not a short one', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'maxConnections: 100'));
  for (const head of ['Content-Length: 10\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']) {
    const socket = await opened(gateway.port());
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\n${head}`);
    await wait(100);
    socket.destroy();
  }
  await wait(150);
  t.equal(upstream.seen.length, 0);
});

test('an upstream that stops in mid-answer is given up after its idle time', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
  });
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'maxConnections: 100'));
  await t.rejects(fetch(`http://127.0.0.1:${gateway.port()}/`).then((response) => response.text()));
});

test('a header list over the limit is refused on HTTP/2 too, and other streams go on', async (t) => {
  const upstream = await upstreamFor(t, (incoming, response) => {
    const doubled = incoming.url === '/doubled' ? ['content-type', 'text/b'] : [];
    response.writeHead(200, ['content-type', 'text/a', ...doubled, 'keep-alive', 'x']);
    response.end('ok');
  });
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url, 'headerCount: 20', '{ name: public, address: 127.0.0.1:0, protocol: h2c }'),
  );
  const session = connectHttp2(`http://127.0.0.1:${gateway.port()}`);
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  const status = async (headers: Record<string, string>): Promise<unknown> => {
    const stream = session.request({ ':method': 'GET', ':path': '/', ...headers });
    stream.resume();
    return new Promise((resolve) => {
      stream.once('response', (head) => resolve(head[':status']));
      stream.once('error', () => resolve('reset'));
      stream.once('close', () => resolve('closed'));
    });
  };
  t.equal(await status({}), 200, 'a keep-alive field of the upstream does not break HTTP/2');
  t.equal(await status({ ':path': '/doubled' }), 502, 'a head that HTTP/2 forbids is a 502, not a reset');
  const many = await status(Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`x-${at}`, '1'])));
  t.ok(many === 431 || many === 'reset' || many === 'closed', String(many));
  t.equal(await status({}), 200);
});

test('the admin port answers and counts while requests fail', async (t) => {
  const upstream = await upstreamFor(t, (incoming) => void incoming.socket.destroy());
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'maxConnections: 100'));
  await request(gateway.port(), 'POST /', [], 'x');
  await request(gateway.port(), 'GET /%zz');
  const admin = `http://127.0.0.1:${gateway.admin?.port}`;
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  for (const line of [
    /postern_requests_total\{group="api",route="all",status="5xx"\} 1/,
    /postern_request_duration_seconds_count\{group="api",route="all"\} 1/,
    /postern_gate_total\{code="gate\/target"\} 1/,
    /postern_reloads_total\{result="accepted"\} 1/,
    /postern_revision 1/,
  ])
    t.match(metrics, line);
  t.equal((await fetch(`${admin}/readyz`)).status, 200);
});
