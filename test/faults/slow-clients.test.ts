/** Clients that are slow, on purpose or not: none is held for ever, none that gets on is cut, and the others go on meanwhile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { test } from 'tap';
import type { Test } from 'tap';
import { FLAG, PREFACE, TYPE, getBlock, literal, readFrames, readStreams, toBytes } from '../corpus/h2-frames.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { buffersInUse } from '../kit/heap.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import type { TestUpstream } from '../kit/upstream.ts';

const LISTENER = '{ name: public, address: 127.0.0.1:0 }';

function documentOf(upstream: string, limits: string, listener = LISTENER): string {
  return `${SERVER.replace(LISTENER, listener)}  limits: { ${limits} }
upstreams: [{ name: up, targets: ["${upstream}"] }]
apiGroups: [{ name: api, upstream: up }]
`;
}

interface Opened {
  readonly socket: Socket;
  readonly gone: () => boolean;
  readonly got: () => Buffer;
}

/** A connection, what came on it once it is read, and whether it has ended. */
function opened(t: Test, port: number): Opened {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let gone = false;
  socket.on('error', () => undefined);
  socket.once('close', () => (gone = true));
  t.teardown(() => socket.destroy());
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return { socket, gone: () => gone, got: () => Buffer.concat(chunks) };
}

/** Sends a piece now and then until the connection ends, or the test. */
function drip(t: Test, { socket }: Opened, piece: string | Buffer): void {
  const timer = setInterval(() => socket.write(piece), 40);
  socket.once('close', () => clearInterval(timer));
  t.teardown(() => clearInterval(timer));
}

/** Answers with so many MiB. */
function largeUpstream(t: Test, mebibytes: number): Promise<TestUpstream> {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  return upstreamFor(t, (incoming, response) => {
    if (incoming.url !== '/large') {
      response.end('ok');
      return;
    }
    response.writeHead(200, { 'content-length': mebibytes * piece.length });
    let left = mebibytes;
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
}

test('a client that reads an answer slowly and steadily gets all of it', async (t) => {
  const mebibytes = 56;
  const upstream = await largeUpstream(t, mebibytes);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'idleTimeout: 3s'));
  const socket = connect(gateway.port(), '127.0.0.1');
  socket.write('GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  let size = 0;
  const begun = performance.now();
  for await (const chunk of socket) {
    size += Buffer.isBuffer(chunk) ? chunk.length : 0;
    await wait(5);
  }
  t.ok(size > mebibytes * 1024 * 1024, `${size} bytes`);
  t.ok(performance.now() - begun > 4_000, 'for longer than a connection may be idle');
});

test('a client that takes nothing of an answer is cut off after idleTimeout, and costs little memory meanwhile', async (t) => {
  const upstream = await largeUpstream(t, 256);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'idleTimeout: 1s'));
  const before = await buffersInUse();
  const clients = Array.from({ length: 20 }, () => opened(t, gateway.port()));
  for (const { socket } of clients) {
    socket.pause();
    socket.write('GET /large HTTP/1.1\r\nHost: h\r\n\r\n');
  }
  await until(async () => upstream.seen.length === clients.length, 'they are not all at the upstream');
  t.equal((await request(gateway.port(), 'GET /')).status, 200, 'others are answered');
  const held = (await buffersInUse()) - before;
  t.ok(held < 64 * 1024 * 1024, `${held} bytes are held for 20 clients, the test's own upstream among them`);
  const begun = performance.now();
  await until(async () => (await gateway.cell.metrics()).includes('\npostern_connections 0\n'), 'they are not cut off');
  t.ok(performance.now() - begun < 60_000, 'long before what it is by default');
});

test('a head that comes byte by byte is 408 after headersTimeout, and so is one that never begins', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'headersTimeout: 400ms'));
  const [slow, silent] = [opened(t, gateway.port()), opened(t, gateway.port())];
  slow.socket.write('GET / HTTP/1.1\r\nHost: h\r\nX-A: ');
  drip(t, slow, 'a');
  await until(async () => slow.gone() && silent.gone(), 'they are not cut off');
  t.match(slow.got().toString('latin1'), /^HTTP\/1\.1 408 /);
  t.match(silent.got().toString('latin1'), /^HTTP\/1\.1 408 /);
  t.equal(upstream.seen.length, 0);
});

test('a body that comes byte by byte is 408 after requestTimeout', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'headersTimeout: 200ms, requestTimeout: 400ms'));
  const slow = opened(t, gateway.port());
  slow.socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n');
  drip(t, slow, 'a');
  await until(async () => slow.gone(), 'it is not cut off');
  t.match(slow.got().toString('latin1'), /^HTTP\/1\.1 408 /);
  t.equal(upstream.seen.length, 0, 'nothing reached the upstream whole');
});

const SETTINGS = { type: TYPE.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) };

test('on HTTP/2 a body that comes byte by byte is 408 after requestTimeout, however lively its connection is', async (t) => {
  const upstream = await upstreamFor(t);
  const limits = 'headersTimeout: 200ms, requestTimeout: 400ms';
  const gateway = await gatewayFor(t, documentOf(upstream.url, limits, LISTENER.replace(' }', ', protocol: h2c }')));
  const slow = opened(t, gateway.port());
  const payload = Buffer.concat([getBlock('/'), literal('content-length', '100000')]);
  const head = { type: TYPE.headers, flags: FLAG.endHeaders, stream: 1, payload };
  slow.socket.write(Buffer.concat([PREFACE, toBytes(SETTINGS), toBytes(head)]));
  drip(t, slow, toBytes({ type: TYPE.data, flags: 0, stream: 1, payload: Buffer.from('a') }));
  await until(async () => readStreams(slow.got()).answers.final.length === 1, 'no answer came');
  t.equal(readStreams(slow.got()).answers.final[0]?.status, 408);
  await until(async () => (await gateway.cell.metrics()).includes('status="aborted"} 1'), 'the exchange goes on');
  t.equal(upstream.seen.length, 0, 'nothing reached the upstream whole');
});

test('on HTTP/2 an answer that nobody takes is reset after idleTimeout, however lively its connection is', async (t) => {
  const upstream = await largeUpstream(t, 64);
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url, 'idleTimeout: 1s', LISTENER.replace(' }', ', protocol: h2c }')),
  );
  const slow = opened(t, gateway.port());
  const head = { type: TYPE.headers, flags: FLAG.endHeaders | FLAG.endStream, stream: 1, payload: getBlock('/large') };
  slow.socket.write(Buffer.concat([PREFACE, toBytes(SETTINGS), toBytes(head)]));
  drip(t, slow, toBytes({ type: 6, flags: 0, stream: 0, payload: Buffer.alloc(8) }));
  const reset = (): boolean => readFrames(slow.got()).some(({ type, stream }) => type === TYPE.reset && stream === 1);
  await until(async () => reset(), 'the stream is not reset');
  await until(async () => (await gateway.cell.metrics()).includes('status="2xx"} 1'), 'the exchange goes on');
});

test('who connects to an https listener and says nothing, or no TLS, is cut off', async (t) => {
  const folder = t.testdir();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  writeFileSync(key, made.private);
  writeFileSync(cert, made.cert);
  const upstream = await upstreamFor(t);
  const listener = LISTENER.replace(' }', `, protocol: https, tls: { cert: ${cert}, key: ${key} } }`);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'headersTimeout: 300ms', listener));
  const [silent, plain] = [opened(t, gateway.port()), opened(t, gateway.port())];
  plain.socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(async () => silent.gone() && plain.gone(), 'they stay open');
  t.match(await gateway.cell.metrics(), '\npostern_connections 0\n');
});

test('hundreds of idle connections leave the others alone, and go after idleTimeout', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url, 'idleTimeout: 1500ms'));
  const clients = Array.from({ length: 300 }, () => opened(t, gateway.port()));
  for (const { socket } of clients) socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(async () => clients.every(({ got }) => got().length > 0), 'they are not all answered');
  for (let nth = 0; nth < 20; nth += 1) t.equal((await request(gateway.port(), 'GET /')).status, 200);
  await until(async () => clients.every(({ gone }) => gone()), 'they stay open');
});
