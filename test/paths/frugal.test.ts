/** What a request must not cost, counted and not timed: a promise, a second write, memory for a body that passes. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promiseHooks } from 'node:v8';
import { test } from 'tap';
import type { Test } from 'tap';
import { start } from '../../packages/postern/test/spawn.ts';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { listen } from '../kit/listen.ts';

const DOCUMENT = (upstream: string): string => `${SERVER}
upstreams: [{ name: up, targets: ["${upstream}"] }]
policies:
  - { name: id, plugin: request-id }
  - { name: log, plugin: access-log }
  - { name: cors, plugin: cors, config: { allowOrigins: ["~https://.+\\\\.test"], allowMethods: [PUT], enforcement: strict } }
  - { name: mark, plugin: headers, config: { request: { set: { x-a: "1" } }, response: { set: { x-b: "2" } } } }
apiGroups: [{ name: api, basePath: /api, upstream: up, policies: [id, log, cors, mark] }]
`;

const REQUESTS = 200;
const BODY = '{"items":[1,2,3]}';

/** An upstream that answers each request in one piece, and makes nothing else. */
async function plainUpstream(t: Test): Promise<number> {
  const answer = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(answer));
  });
  return listen(t, server);
}

/** Sends the request over and over on one connection, the next when the last is answered; resolves when all are. */
function repeat(socket: Socket, text: string, times: number): Promise<void> {
  return new Promise((resolve) => {
    let left = times;
    const answered = (): void => {
      left -= 1;
      if (left > 0) socket.write(text);
      else {
        socket.off('data', answered);
        resolve();
      }
    };
    socket.on('data', answered);
    socket.write(text);
  });
}

for (const [what, line, headers] of [
  ['a proxied request', 'GET /api/items', 'Origin: https://a.test\r\n'],
  ['a preflight', 'OPTIONS /api/items', 'Origin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n'],
  ['a refused request', 'GET /api/items', 'Origin: https://evil.example\r\n'],
] as const)
  test(
    `${what} makes no promise, and its answer is one write`,
    { skip: !FROM_INSIDE && 'counted in this process' },
    async (t) => {
      const upstream = await plainUpstream(t);
      const gateway = await gatewayFor(t, DOCUMENT(`http://127.0.0.1:${upstream}`));
      const socket = connect(gateway.port(), '127.0.0.1');
      t.teardown(() => socket.destroy());
      await once(socket, 'connect');
      const text = `${line} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`;
      await repeat(socket, text, 20);
      // oxlint-disable-next-line typescript/unbound-method -- `capture` calls it on its own socket
      const writes = t.capture(Socket.prototype, 'write', Socket.prototype.write);
      let promises = 0;
      const stop = promiseHooks.onInit(() => void (promises += 1));
      await repeat(socket, text, REQUESTS);
      stop();
      const sockets = writes().map(({ receiver }: { readonly receiver: unknown }) => receiver);
      writes.restore();
      t.equal(
        sockets.filter((one) => one instanceof Socket && one.localPort === gateway.port()).length,
        REQUESTS,
        'writes to the client',
      );
      const upward = sockets.filter((one) => one instanceof Socket && one.remotePort === upstream).length;
      t.equal(upward, what === 'a proxied request' ? REQUESTS : 0, 'writes to the upstream');
      // A handful may be made by what else runs in this process; none for each request.
      t.ok(promises < REQUESTS / 10, `${promises} promises in ${REQUESTS} requests`);
    },
  );

test('a slow client that downloads 1 GiB leaves the memory of the gateway where it was', async (t) => {
  const total = 1024 * 1024 * 1024;
  const piece = Buffer.alloc(256 * 1024, 'x');
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(200, { 'content-length': total });
    let left = total;
    const more = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gateway.yaml'), DOCUMENT(upstream.url));
  const program = start(['run', 'gateway.yaml'], { cwd: folder });
  t.teardown(() => void program.child.kill('SIGKILL'));
  const port = (): number => Number(/"name":"public"[^}]*"port":(\d+)/.exec(program.out())?.[1] ?? 0);
  while (port() === 0) await delay(20);
  const socket = connect(port(), '127.0.0.1');
  socket.write('GET /api/file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  const memory: number[] = [];
  const pages = (): number => Number(readFileSync(`/proc/${program.child.pid}/statm`, 'utf8').split(' ')[1]);
  const step = 32 * 1024 * 1024;
  let size = 0;
  let next = step;
  for await (const chunk of socket) {
    size += Buffer.isBuffer(chunk) ? chunk.length : 0;
    if (size < next) continue;
    next += step;
    memory.push((pages() * 4096) / 1024 / 1024);
    await delay(20);
  }
  t.ok(size > total);
  const [first = 0, ...rest] = memory.slice(4);
  t.comment(`MiB after each 32 MiB: ${memory.map(Math.round).join(' ')}`);
  // Chunks that were sent are garbage until they are collected: some tens of MiB, of a thousand that passed.
  t.ok(Math.max(...rest) - first < 64, `${Math.round(Math.max(...rest) - first)} MiB more than after the first 160`);
});
