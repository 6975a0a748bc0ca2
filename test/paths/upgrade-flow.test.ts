/** Back-pressure, TLS and unix sockets: what a tunnel is between two sockets, whatever they are. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'tap';
import type { Test } from 'tap';
import { FROM_INSIDE, gatewayFor, hasWritten } from '../kit/gateway.ts';
import { buffersInUse } from '../kit/heap.ts';
import { listen } from '../kit/listen.ts';
import { until } from '../kit/until.ts';
import {
  closeOf,
  dial,
  documentOf,
  handshake,
  nextMessage,
  openSocket,
  rawSocketUpstreamFor,
  socketUpstreamFor,
  watch,
} from '../kit/web-socket.ts';

const MIB = 1024 * 1024;
const TOTAL = 96 * MIB;
/** What systems keep of a connection, twice, and what we may. */
const MOST_HELD = 32 * MIB;

/** Writes as much as the socket takes, until it is all. */
function pour(socket: Socket, piece: Buffer): { readonly sent: () => number } {
  let sent = 0;
  const more = (): void => {
    while (sent < TOTAL) {
      sent += piece.length;
      if (!socket.write(piece)) return void socket.once('drain', more);
    }
  };
  more();
  return { sent: () => sent };
}

for (const slow of ['client', 'upstream'] as const)
  test(
    `a ${slow} that takes nothing makes the other side wait, and costs no memory`,
    { timeout: 240_000 },
    async (t) => {
      const { url, tunnels } = await rawSocketUpstreamFor(t);
      const gateway = await gatewayFor(t, documentOf(url));
      const client = dial(t, gateway.port(), handshake());
      await client.has('\r\n\r\n');
      const [upstream] = tunnels;
      if (upstream === undefined) throw new Error('no tunnel');
      const [reader, writer] = slow === 'client' ? [client.socket, upstream.socket] : [upstream.socket, client.socket];
      reader.removeAllListeners('data');
      reader.pause();
      const before = await buffersInUse();
      const piece = Buffer.from(Uint8Array.from({ length: 60_000 }, (_, at) => (at * 7919) & 255));
      const { sent } = pour(writer, piece);
      let [last, since] = [0, performance.now()];
      await until(async () => {
        if (sent() !== last) [last, since] = [sent(), performance.now()];
        return performance.now() - since > 1_000;
      }, 'it never stops');
      t.ok(last < MOST_HELD, `${(last / MIB).toFixed(1)} MiB were taken of ${TOTAL / MIB}`);
      const held = (await buffersInUse()) - before;
      t.ok(held < 4 * MIB, `${(held / MIB).toFixed(2)} MiB of them are held by a process`);
      const expected = createHash('sha256');
      for (let at = 0; at < TOTAL; at += piece.length) expected.update(piece);
      const got = createHash('sha256');
      let read = 0;
      reader.on('data', (chunk: Buffer) => {
        got.update(chunk);
        read += chunk.length;
      });
      reader.resume();
      await until(
        async () => read >= TOTAL && read === sent(),
        () => `${read} of ${sent()} came`,
      );
      t.equal(got.digest('hex'), expected.digest('hex'), 'every byte as it was');
    },
  );

test('large messages of a library come through to a side that reads slowly', { timeout: 240_000 }, async (t) => {
  const upstream = await socketUpstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = await openSocket(t, `ws://127.0.0.1:${gateway.port()}/`, { maxPayload: 64 * MIB });
  const messages = Array.from({ length: 4 }, (_, at) => Buffer.alloc(12 * MIB, `${at} and `));
  const got: Buffer[] = [];
  client.on('message', (data: Buffer) => {
    got.push(data);
    client.pause();
    setTimeout(() => client.resume(), 100);
  });
  for (const message of messages) client.send(message);
  await until(async () => got.length === messages.length, 'not all come back');
  t.ok(messages.every((message, at) => got[at]?.equals(message) === true));
});

async function certificateFor(
  t: Test,
): Promise<{ readonly cert: string; readonly key: string; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  writeFileSync(join(folder, 'cert.pem'), made.cert);
  writeFileSync(join(folder, 'key.pem'), made.private);
  return { cert: made.cert, key: made.private, folder };
}

function overTls(document: string, folder: string): string {
  const tls = `tls: { cert: ${folder}/cert.pem, key: ${folder}/key.pem }`;
  return document.replace('public, address: 127.0.0.1:0', `public, address: 127.0.0.1:0, protocol: https, ${tls}`);
}

test('web sockets work over TLS on both sides', async (t) => {
  const { cert, key, folder } = await certificateFor(t);
  const server = createHttpsServer({ cert, key });
  const port = await listen(t, server);
  await socketUpstreamFor(t, undefined, {
    server,
    perMessageDeflate: true,
    host: undefined,
    port: undefined,
  });
  const document = overTls(documentOf(`https://localhost:${port}`, `, tls: { ca: ${folder}/cert.pem }`), folder);
  const gateway = await gatewayFor(t, document);
  const client = await openSocket(t, `wss://localhost:${gateway.port()}/`, { ca: cert, perMessageDeflate: true });
  const large = 'over TLS '.repeat(100_000);
  client.send(large);
  t.equal(await nextMessage(client), large);
  const told = closeOf(client);
  client.close(1000, 'done');
  t.same(await told, [1000, 'done']);
  await until(async () => hasWritten(gateway, 1), 'no line in the log');
  if (FROM_INSIDE) t.match(gateway.written, [{ status: 101 }]);
});

test('over TLS, too, one half may end before the other', async (t) => {
  const { cert, folder } = await certificateFor(t);
  const { url, tunnels } = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(t, overTls(documentOf(url), folder));
  const options = { port: gateway.port(), host: 'localhost', ca: cert, allowHalfOpen: true };
  const client = watch(t, connectTls(options), handshake());
  await client.has('\r\n\r\n');
  client.socket.end('the last word');
  await tunnels[0]?.has('the last word');
  await until(async () => tunnels[0]?.ended() === true, 'the end is not passed on');
  tunnels[0]?.socket.end('but still this');
  await client.has('but still this');
  await until(async () => client.closed() && hasWritten(gateway, 1), 'it stays open');
  if (FROM_INSIDE) t.match(gateway.written, [{ status: 101, bytesIn: 13, bytesOut: 14 }]);
});

test('web sockets reach upstreams on a unix socket', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const server = createHttpServer();
  server.listen(join(folder, 'up.sock'));
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { asked } = await socketUpstreamFor(t, undefined, { server, host: undefined, port: undefined });
  const gateway = await gatewayFor(t, documentOf(`unix:${folder}/up.sock:/base`));
  const client = await openSocket(t, `ws://127.0.0.1:${gateway.port()}/chat`);
  client.send('hello');
  t.equal(await nextMessage(client), 'hello');
  t.equal(asked[0]?.url, '/base/chat');
});
