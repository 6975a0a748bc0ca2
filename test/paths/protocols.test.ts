import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectHttp2, createSecureServer, createServer as createHttp2Server } from 'node:http2';
import type {
  ClientHttp2Session,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
  OutgoingHttpHeaders,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'tap';
import type { Test } from 'tap';
import { gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { listen } from '../kit/listen.ts';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

async function certificateFor(name: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

function writePair(folder: string, { cert, key }: Certificate): { readonly cert: string; readonly key: string } {
  const paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(paths.cert, cert);
  writeFileSync(paths.key, key);
  return paths;
}

interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Http2Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const head = await new Promise<IncomingHttpHeaders & IncomingHttpStatusHeader>((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
  });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { status: Number(head[':status']), headers: head, body: text };
}

function sessionFor(t: Test, url: string, ca?: string): ClientHttp2Session {
  const session = connectHttp2(url, ca === undefined ? {} : { ca });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  return session;
}

function documentFor(listener: string, upstream: string): string {
  return `server:
  listen: [${listener}]
  admin: { address: 127.0.0.1:0 }
  drainTimeout: 1s
upstreams:
  - ${upstream}
policies:
  - { name: cors, plugin: cors, config: { allowOrigins: [https://app.test] } }
  - { name: id, plugin: request-id }
apiGroups:
  - { name: api, upstream: up, policies: [id, cors] }
`;
}

test('an https listener speaks HTTP/2 and HTTP/1.1, and policies run on both', async (t) => {
  const own = await certificateFor('localhost');
  const paths = writePair(folderFor(t), own);
  const upstream = await upstreamFor(t, (_request, response, { body }) => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end(`got ${body.toString()}`);
  });
  const listener = `{ name: tls, address: 127.0.0.1:0, protocol: https, tls: { cert: ${paths.cert}, key: ${paths.key} } }`;
  const gateway = await gatewayFor(t, documentFor(listener, `{ name: up, targets: ["${upstream.url}"] }`));
  const session = sessionFor(t, `https://localhost:${gateway.port()}`, own.cert);
  const answer = await ask(
    session,
    { ':method': 'POST', ':path': '/a?b=1', origin: 'https://app.test', 'content-type': 'text/x' },
    'two',
  );
  t.equal(answer.status, 200);
  t.equal(answer.body, 'got two');
  t.equal(answer.headers['access-control-allow-origin'], 'https://app.test');
  t.same(answer.headers['set-cookie'], ['a=1', 'b=2']);
  t.notOk('connection' in answer.headers);
  const [seen] = upstream.seen;
  t.equal(seen?.url, '/a?b=1');
  t.equal(seen?.headers['x-forwarded-proto'], 'https');
  t.notOk(seen?.rawHeaders.some((line) => line.startsWith(':')));
  const preflight = await ask(session, {
    ':method': 'OPTIONS',
    ':path': '/a',
    origin: 'https://app.test',
    'access-control-request-method': 'PUT',
  });
  t.equal(preflight.status, 204);
  t.equal((await ask(session, { ':method': 'GET', ':path': '/%zz' })).status, 400);
  t.equal((await ask(session, { ':method': 'GET', ':path': '/still-alive' })).status, 200);
  const http1 = await new Promise<number | undefined>((resolve, reject) => {
    httpsRequest(
      { port: gateway.port(), host: '127.0.0.1', servername: 'localhost', ca: own.cert, path: '/b', agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    )
      .on('error', reject)
      .end();
  });
  t.equal(http1, 200);
});

test('a new certificate serves new connections once its files change; a broken one leaves the old', async (t) => {
  const folder = folderFor(t);
  const first = await certificateFor('first.test');
  const second = await certificateFor('second.test');
  const paths = writePair(folder, first);
  const listener = `{ name: tls, address: 127.0.0.1:0, protocol: https, tls: { cert: ${paths.cert}, key: ${paths.key} } }`;
  const gateway = await gatewayFor(t, documentFor(listener, '{ name: up, builtin: echo }'));
  const served = async (): Promise<string> => {
    const socket = connectTls({ port: gateway.port(), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  };
  t.equal(await served(), 'first.test');
  writePair(folder, second);
  await until(async () => (await served()) === 'second.test', 'the new one is never served');
  t.equal(await served(), 'second.test');
  const said = gateway.said.length;
  writeFileSync(paths.cert, 'not a certificate');
  const refused = (): boolean => gateway.said.slice(said).some(({ level }) => level === 'error');
  await until(async () => refused(), 'nothing is said of the broken one');
  t.equal(await served(), 'second.test');
});

test('an h2c listener takes HTTP/2 with prior knowledge', async (t) => {
  const gateway = await gatewayFor(
    t,
    documentFor('{ name: clear, address: 127.0.0.1:0, protocol: h2c }', '{ name: up, builtin: echo }'),
  );
  const session = sessionFor(t, `http://127.0.0.1:${gateway.port()}`);
  const answer = await ask(session, { ':method': 'GET', ':path': '/x', origin: 'https://app.test' });
  t.equal(answer.status, 200);
  t.equal(answer.headers['access-control-allow-origin'], 'https://app.test');
  t.match(JSON.parse(answer.body), { method: 'GET', path: '/x' });
  const posted = await ask(session, { ':method': 'POST', ':path': '/x' }, Buffer.alloc(300_000));
  t.match(JSON.parse(posted.body), { bodyBytes: 300_000 });
});

test('an upstream that breaks off shows on HTTP/2 as a reset, not as a whole answer', async (t) => {
  const upstream = await upstreamFor(t, (incoming, response) => {
    response.writeHead(200);
    response.write('half');
    setTimeout(() => incoming.socket.destroy(), 30);
  });
  const gateway = await gatewayFor(
    t,
    documentFor('{ name: clear, address: 127.0.0.1:0, protocol: h2c }', `{ name: up, targets: ["${upstream.url}"] }`),
  );
  const session = sessionFor(t, `http://127.0.0.1:${gateway.port()}`);
  await t.rejects(ask(session, { ':method': 'GET', ':path': '/x' }));
});

test('a stream that the client resets cancels its upstream request and no other', async (t) => {
  let closed = 0;
  const upstream = await upstreamFor(t, (incoming, response) => {
    if (incoming.url === '/slow') incoming.socket.once('close', () => void (closed += 1));
    else response.end('ok');
  });
  const gateway = await gatewayFor(
    t,
    documentFor('{ name: clear, address: 127.0.0.1:0, protocol: h2c }', `{ name: up, targets: ["${upstream.url}"] }`),
  );
  const session = sessionFor(t, `http://127.0.0.1:${gateway.port()}`);
  const stream = session.request({ ':method': 'GET', ':path': '/slow' });
  stream.on('error', () => undefined);
  while (upstream.seen.length === 0) await wait(5);
  stream.close(8);
  await until(async () => closed > 0, 'it stays open');
  t.equal(closed, 1);
  t.equal((await ask(session, { ':method': 'GET', ':path': '/ok' })).body, 'ok');
});

test('an upstream with a certificate that nobody vouches for is 502; with its ca it is served', async (t) => {
  const own = await certificateFor('localhost');
  const server = createSecureServer(
    { ...own, allowHTTP1: true },
    (_request, response) => void response.end('over tls'),
  );
  const port = await listen(t, server);
  const folder = folderFor(t);
  const { cert } = writePair(folder, own);
  const listener = '{ name: public, address: 127.0.0.1:0 }';
  const closed = await gatewayFor(t, documentFor(listener, `{ name: up, targets: ["https://localhost:${port}"] }`));
  t.equal((await request(closed.port(), 'GET /x')).status, 502);
  const open = await gatewayFor(
    t,
    documentFor(listener, `{ name: up, targets: ["https://localhost:${port}"], tls: { ca: ${cert} } }`),
  );
  t.equal((await request(open.port(), 'GET /x')).body, 'over tls');
});

test('the compatible lane reaches a unix socket, streamed, under the same policies', async (t) => {
  const path = join(folderFor(t), 'up.sock');
  const seen: string[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
    incoming.on('end', () => {
      seen.push(`${incoming.method} ${incoming.url} ${incoming.headers['content-type']}`);
      response.setHeader('access-control-allow-origin', '*');
      response.end(Buffer.concat(chunks));
    });
  });
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const gateway = await gatewayFor(
    t,
    documentFor('{ name: public, address: 127.0.0.1:0 }', `{ name: up, targets: ["unix:${path}"] }`),
  );
  const origin = ['Origin', 'https://app.test'] as const;
  const answer = await request(
    gateway.port(),
    'POST /a/%7eb?q=%2e',
    [origin, ['Content-Type', 'text/plain']],
    'x'.repeat(1_500_000),
  );
  t.equal(answer.status, 200);
  t.equal(answer.body.length, 1_500_000);
  t.equal(answer.header('access-control-allow-origin'), 'https://app.test');
  t.equal((await request(gateway.port(), 'QUERY /q', [origin, ['Content-Type', 'odd; ;']], 'ask')).body, 'ask');
  t.equal((await request(gateway.port(), 'PROPFIND /p', [origin])).status, 200);
  t.equal((await request(gateway.port(), 'GET /|"<>')).status, 200);
  t.same(seen, ['POST /a/~b?q=%2e text/plain', 'QUERY /q odd; ;', 'PROPFIND /p undefined', 'GET /|"<> undefined']);
});

for (const scheme of ['https', 'http'] as const) {
  test(`the compatible lane speaks HTTP/2 to an ${scheme} upstream`, async (t) => {
    const own = await certificateFor('localhost');
    const { cert } = writePair(folderFor(t), own);
    const answerer = (
      incoming: { httpVersion: string; method: string; url: string; on: NodeJS.EventEmitter['on'] },
      response: { setHeader(name: string, value: string): unknown; end(body: string): unknown },
    ): void => {
      let size = 0;
      incoming.on('data', (chunk: Buffer) => void (size += chunk.length));
      incoming.on('end', () => {
        response.setHeader('x-up', 'yes');
        response.end(`${incoming.httpVersion} ${incoming.method} ${incoming.url} ${size}`);
      });
    };
    const server = scheme === 'https' ? createSecureServer(own) : createHttp2Server();
    server.on('request', answerer);
    const port = await listen(t, server);
    const tls = scheme === 'https' ? `, tls: { ca: ${cert} }` : '';
    const gateway = await gatewayFor(
      t,
      documentFor(
        '{ name: public, address: 127.0.0.1:0 }',
        `{ name: up, protocol: http2, targets: ["${scheme}://localhost:${port}"]${tls} }`,
      ),
    );
    const origin = ['Origin', 'https://app.test'] as const;
    const got = await request(gateway.port(), 'GET /a?b=1', [origin]);
    t.equal(got.body, '2.0 GET /a?b=1 0');
    t.equal(got.header('x-up'), 'yes');
    t.equal(got.header('access-control-allow-origin'), 'https://app.test');
    t.equal(
      (await request(gateway.port(), 'POST /c', [['Content-Type', 'text/plain']], 'x'.repeat(200_000))).body,
      '2.0 POST /c 200000',
    );
    t.equal((await request(gateway.port(), 'DELETE /d', [], 'body')).body, '2.0 DELETE /d 4');
  });
}

test('the compatible lane answers 502 with CORS headers when the upstream is gone, and never its address', async (t) => {
  const gateway = await gatewayFor(
    t,
    documentFor('{ name: public, address: 127.0.0.1:0 }', '{ name: up, targets: ["unix:/nowhere/at/all.sock"] }'),
  );
  const answer = await request(gateway.port(), 'GET /x', [['Origin', 'https://app.test']]);
  t.equal(answer.status, 502);
  t.equal(answer.header('access-control-allow-origin'), 'https://app.test');
  t.notMatch(answer.body, /nowhere|ENOENT/);
  t.match(JSON.parse(answer.body), { code: 'upstream/failed' });
});

test('the certificate of the test is really the one on disk', async (t) => {
  const folder = folderFor(t);
  const paths = writePair(folder, await certificateFor('x.test'));
  t.match(readFileSync(paths.cert, 'utf8'), 'BEGIN CERTIFICATE');
});
