/** What clients see of upstreams that misbehave: rows P-UPS-* and U1-U7 of the promises, through a whole gateway. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import type { Test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { buffersInUse } from '../kit/heap.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import { listen } from '../kit/listen.ts';

interface RawUpstream {
  readonly gateway: TestGateway;
  readonly connections: () => number;
}

/** A gateway in front of an upstream that answers each head with whatever `answer` writes. */
async function behind(
  t: Test,
  answer: (socket: Socket, head: string) => void,
  more = 'timeouts: { connect: 500ms, headers: 400ms, idle: 400ms }',
): Promise<RawUpstream> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    let open = '';
    socket.on('data', (bytes: Buffer) => {
      open += bytes.toString('latin1');
      const head = /[A-Z]+ \S+ HTTP\/1\.1\r\n[^]*?\r\n\r\n/.exec(open)?.[0];
      if (head === undefined) return;
      open = '';
      answer(socket, head);
    });
  });
  const port = await listen(t, server);
  const gateway = await gatewayFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["http://127.0.0.1:${port}"], ${more} }]
policies: [{ name: cors, plugin: cors, config: { allowOrigins: [https://app.test] } }]
apiGroups: [{ name: api, upstream: up, policies: [cors] }]
`,
  );
  return { gateway, connections: () => connections };
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ORIGIN = [['Origin', 'https://app.test']] as const;

test('an answer that is none is 502 with CORS headers, and says nothing of why', async (t) => {
  for (const bytes of [
    'just text\r\n',
    'HTTP/1.1 999 Nope\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 6\r\n\r\nokEVIL',
    'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\nok',
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n${OK}`,
    `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(100)}${OK}`,
  ]) {
    const { gateway } = await behind(t, (socket) => void socket.write(bytes));
    const answer = await request(gateway.port(), 'GET /', ORIGIN);
    t.equal(answer.status, 502, bytes.slice(0, 60));
    t.equal(answer.header('access-control-allow-origin'), 'https://app.test');
    t.equal(answer.header('set-cookie'), undefined);
    t.match(JSON.parse(answer.body), { code: 'upstream/failed', detail: 'The upstream gave no valid answer.' });
  }
});

test('P-UPS-017 fields of the hop end here, and do not keep the connection', async (t) => {
  const { gateway, connections } = await behind(t, (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nConnection: close, Strict-Transport-Security\r\nStrict-Transport-Security: max-age=1\r\nKeep-Alive: timeout=9999\r\nProxy-Authenticate: x\r\nContent-Length: 2\r\n\r\nok',
    ),
  );
  for (let nth = 1; nth < 3; nth += 1) {
    const answer = await request(gateway.port(), 'GET /');
    t.equal(answer.body, 'ok');
    for (const name of ['strict-transport-security', 'proxy-authenticate', 'keep-alive'])
      t.equal(answer.header(name), undefined, name);
    t.equal(connections(), nth);
  }
});

test('U3 an upstream that hangs before or in its head is 504 when its time is up, and a POST goes once', async (t) => {
  for (const bytes of ['', 'HTTP/1.1 200 OK\r\nX-A: ']) {
    let asked = 0;
    const { gateway } = await behind(t, (socket) => {
      asked += 1;
      socket.write(bytes);
    });
    for (const line of ['GET /', 'POST /']) {
      const begun = performance.now();
      const answer = await request(gateway.port(), line, [], line === 'POST /' ? 'x' : '');
      const took = performance.now() - begun;
      t.equal(answer.status, 504);
      t.match(JSON.parse(answer.body), { code: 'upstream/timed-out' });
      // Later than 250 ms is the doing of a busy test machine: the sweep itself is never later than 200 ms.
      t.ok(took >= 390 && took < 3_000, `${took} ms`);
    }
    t.equal(asked, 2);
  }
});

test('U5 a GET whose connection closes as it is used is not lost, and a POST is not sent twice', async (t) => {
  let posts = 0;
  const { gateway } = await behind(t, (socket, head) => {
    if (head.startsWith('POST')) posts += 1;
    const nonce = / \/(\d+) /.exec(head)?.[1] ?? '';
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${nonce.length}\r\n\r\n${nonce}`);
    setTimeout(() => socket.destroy(), Number(nonce) % 5);
  });
  let nonce = 0;
  let wrong = 0;
  const client = async (method: 'GET' | 'POST', until: number): Promise<void> => {
    const socket = connect(gateway.port(), '127.0.0.1');
    while ((nonce += 1) < until) {
      const mine = String(nonce);
      socket.write(
        `${method} /${mine} HTTP/1.1\r\nHost: h\r\n${method === 'POST' ? 'Content-Length: 1\r\n\r\nx' : '\r\n'}`,
      );
      let text = '';
      while (!/\r\n\r\n[^]+/.test(text)) text += String((await once(socket, 'data'))[0]);
      const lost = method === 'POST' && text.startsWith('HTTP/1.1 502 ');
      if (!lost && (!text.startsWith('HTTP/1.1 200 ') || !text.endsWith(`\r\n\r\n${mine}`))) wrong += 1;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 4 }, () => client('GET', 1_000)));
  t.equal(wrong, 0, 'of 1,000 GET');
  await client('POST', 1_300);
  t.equal(wrong, 0, 'of 300 POST');
  t.ok(posts <= 300, `${posts} reached the upstream`);
});

test('P-UPS-011 the rest of a body whose answer came early is no next request', async (t) => {
  const { gateway } = await behind(t, (socket, head) => {
    socket.write(head.startsWith('POST') ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly' : OK);
  });
  const socket = connect(gateway.port(), '127.0.0.1');
  let text = '';
  socket.on('data', (bytes: Buffer) => void (text += bytes.toString('latin1')));
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
  const body = Buffer.alloc(4 * 1024 * 1024, smuggled);
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body.subarray(0, 1_024));
  while (!text.endsWith('early')) await wait(5);
  socket.write(body.subarray(1_024));
  socket.write('GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  await once(socket, 'close');
  t.equal(text.split('HTTP/1.1 200 OK').length - 1, 2);
  t.ok(text.endsWith('ok'));
});

test('U4 a client that reads slowly takes no memory of the gateway', async (t) => {
  const piece = Buffer.alloc(64 * 1024);
  let written = 0;
  const { gateway } = await behind(
    t,
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pump = (): void => {
        if (socket.destroyed) return;
        written += piece.length;
        if (socket.write(piece)) setImmediate(pump);
        else socket.once('drain', pump);
      };
      pump();
    },
    'timeouts: { idle: 300ms }',
  );
  const streams = 40;
  const before = await buffersInUse();
  const sockets = Array.from({ length: streams }, () => connect(gateway.port(), '127.0.0.1'));
  for (const socket of sockets) {
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  }
  // Until all that the system holds of every connection is full.
  for (let seen = -1; seen !== written || written === 0;) {
    seen = written;
    await wait(800);
  }
  // One chunk that waits for the client, and what the client of this test has read and not taken.
  const most = 3 * 64 * 1024;
  let each = Infinity;
  for (let tries = 0; tries < 10 && each >= most; tries += 1) each = ((await buffersInUse()) - before) / streams;
  t.ok(each < most, `${Math.round(each / 1024)} KiB for each stream`);
  t.notOk(
    sockets.some((socket) => socket.destroyed),
    'slow clients are no fault of the upstream',
  );
  for (const socket of sockets) socket.destroy();
});

test('a body in chunks that breaks off, and an upload under back-pressure, arrive as they are', async (t) => {
  const { gateway } = await behind(
    t,
    (socket, head) => {
      if (head.startsWith('POST')) {
        socket.pause();
        setTimeout(() => socket.resume().write(OK), 150);
      } else socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    },
    'timeouts: { headers: 5s }',
  );
  await t.rejects(fetch(`http://127.0.0.1:${gateway.port()}/`).then((response) => response.text()));
  const size = 6 * 1024 * 1024;
  const answer = await sendRaw(
    gateway.port(),
    Buffer.concat([
      Buffer.from(`POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`),
      Buffer.alloc(size),
    ]),
  );
  t.equal(answer.body, 'ok');
});
