import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import t from 'tap';
import type { Test } from 'tap';
import { dialTo } from '../src/wire/upstream-dial.ts';
import { ask, ok, poolFor } from './raw-upstream.ts';
import { listen } from '../../../test/kit/listen.ts';

interface TlsUpstream {
  readonly port: number;
  readonly ca: Buffer;
  readonly sockets: TLSSocket[];
  /** Names in the certificates of its clients. */
  readonly clients: unknown[];
  /** Whether each connection took up a session. */
  readonly reused: boolean[];
}

async function tlsUpstreamFor(
  t: Test,
  name: string,
  more: { readonly requestCert?: boolean } = {},
): Promise<TlsUpstream> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  const sockets: TLSSocket[] = [];
  const clients: unknown[] = [];
  const reused: boolean[] = [];
  const server = createServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'], ...more, rejectUnauthorized: false });
  server.on('secureConnection', (socket) => {
    sockets.push(socket);
    clients.push(socket.getPeerCertificate().subject?.CN);
    reused.push(socket.isSessionReused());
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(ok('over tls', 'Connection: close\r\n')));
  });
  server.on('tlsClientError', () => undefined);
  const port = await listen(t, server);
  return { port, ca: Buffer.from(cert), sockets, clients, reused };
}

t.test('an upstream must prove its name to an authority that is trusted, whatever the environment says', async (t) => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
  const { port, ca, sockets } = await tlsUpstreamFor(t, 'localhost');
  const stranger = await ask(poolFor(t, port, { dial: { host: 'localhost', tls: {} } }));
  t.equal(stranger.code, 'POSTERN_UNREACHABLE');
  t.match(stranger.outcome, { cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
  const misnamed = await ask(poolFor(t, port, { dial: { host: '127.0.0.1', tls: { ca } } }));
  t.match(misnamed.outcome, { cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  t.equal((await ask(poolFor(t, port, { dial: { host: 'localhost', tls: { ca } } }))).body, 'over tls');
  const named = { host: '127.0.0.1', tls: { ca, servername: 'localhost' } };
  t.equal((await ask(poolFor(t, port, { dial: named }))).body, 'over tls');
  const last = sockets.at(-1);
  t.strictSame([last?.alpnProtocol, Reflect.get(last ?? {}, 'servername')], ['http/1.1', 'localhost']);
});

t.test('sessions are taken up again', async (t) => {
  const { port, ca, reused } = await tlsUpstreamFor(t, 'localhost');
  const pool = poolFor(t, port, { dial: { host: 'localhost', tls: { ca } } });
  for (let nth = 0; nth < 3; nth += 1) {
    t.equal((await ask(pool)).body, 'over tls');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.strictSame([reused[0], reused[2]], [false, true]);
});

t.test('the client certificate of the document is shown', async (t) => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'gateway' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  });
  const { port, ca, clients } = await tlsUpstreamFor(t, 'localhost', { requestCert: true });
  const tls = { ca, cert: Buffer.from(cert), key: Buffer.from(key) };
  t.equal((await ask(poolFor(t, port, { dial: { host: 'localhost', tls } }))).body, 'over tls');
  t.strictSame(clients, ['gateway']);
});

t.test('what is no PEM is told when the dial is made, not at the first request', async (t) => {
  const tls = { ca: undefined, cert: Buffer.from('nonsense'), key: Buffer.from('nonsense') };
  const { ca: _, ...bad } = tls;
  t.throws(() => dialTo({ host: 'localhost', port: 1, lookup: undefined, tls: bad }));
});
