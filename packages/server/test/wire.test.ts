/** The wire by itself: real sockets, a handler of the test's own. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import type { WireRequest } from '../src/wire/wire-request.ts';
import type { WireResponse } from '../src/wire/wire-response.ts';
import { openWire } from '../src/wire/wire-server.ts';
import type { Wire } from '../src/wire/wire-server.ts';
import { listen } from '../../../test/kit/listen.ts';
import { busyTurn } from './busy-turn.ts';

type Handler = (request: WireRequest, response: WireResponse) => void;

const LIMITS = {
  headerBytes: 16_384,
  headerCount: 100,
  urlBytes: 8_192,
  bodyBytes: 10_000_000,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  idleTimeout: 10_000,
  maxConnections: 100,
  maxStreams: 100,
  maxResets: 200,
};

interface Opened {
  readonly server: Server;
  readonly port: number;
  readonly wire: Wire;
}

async function open(t: Test, handler: Handler, limits: Partial<typeof LIMITS> = {}): Promise<Opened> {
  const server = createServer();
  const wire = openWire(server, {
    limits: { ...LIMITS, ...limits },
    handler,
    refusal: ({ status, code }) =>
      `HTTP/1.1 ${status} X\r\nconnection: close\r\ncontent-length: 0\r\nx-code: ${code}\r\n\r\n`,
  });
  server.on('connection', (socket) => wire.accept(socket));
  t.teardown(() => wire.destroy());
  return { server, port: await listen(t, server), wire };
}

/** Everything that comes back on one connection until the other side closes it. */
async function talk(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const said = hear(socket);
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return said;
}

function hear(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

const statuses = (text: string): readonly string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);

/** Answers with what it read. */
const echo: Handler = (request, response) => {
  const answer = (body: string): void => {
    const bytes = Buffer.from(`${request.method} ${request.url} ${body}`, 'latin1');
    response.writeHead(200, ['content-length', String(bytes.length)]);
    response.end(bytes);
  };
  if (request.body === undefined) return answer('');
  let body = '';
  request.body.on('data', (chunk: Buffer) => void (body += chunk.toString('latin1')));
  request.body.once('end', () => answer(body));
  request.body.once('error', () => {
    response.writeHead(400, ['content-length', '0']);
    response.end();
  });
};

const LAST = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

t.test('requests in one write are answered one after the other, in order', async (t) => {
  const { port } = await open(t, echo);
  const chunked = 'POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  const text = await talk(
    port,
    `\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz${chunked}${LAST}`,
  );
  t.strictSame(statuses(text), ['200', '200', '200', '200']);
  t.match(text, /GET \/a [^]*POST \/b xyz[^]*POST \/c abc[^]*GET \/last/);
});

t.test('a request is the same whatever pieces it comes in', async (t) => {
  const { port } = await open(t, echo);
  const whole =
    'POST /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n';
  for (let at = 1; at < whole.length; at += 1)
    t.match(await talk(port, whole.slice(0, at), whole.slice(at)), 'POST /b xyz', `cut at ${at}`);
});

t.test('after a refusal nothing that came on the connection is a request', async (t) => {
  const seen: string[] = [];
  const { port } = await open(t, (request, response) => {
    seen.push(request.url);
    echo(request, response);
  });
  for (const bad of [
    'GET /bad HTTP/1.1\r\nHost : h\r\n\r\n',
    'POST /bad HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET /bad HTTP/1.1\nHost: h\n\n',
  ]) {
    seen.length = 0;
    const text = await talk(
      port,
      `GET /good HTTP/1.1\r\nHost: h\r\n\r\n${bad}GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`,
    );
    t.strictSame(statuses(text), ['200', '400'], bad);
    t.strictSame(seen, ['/good'], bad);
  }
});

t.test('a body that breaks its framing ends the connection, and whoever reads it is told', async (t) => {
  const seen: string[] = [];
  const { port } = await open(t, (request, response) => {
    seen.push(request.url);
    echo(request, response);
  });
  const text = await talk(port, `POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX${LAST}`);
  t.strictSame(statuses(text), ['400']);
  t.strictSame(seen, ['/b']);
});

t.test('an answer without a length is chunked on HTTP/1.1 and ends with the connection on HTTP/1.0', async (t) => {
  const { port } = await open(t, (_request, response) => {
    response.writeHead(200, ['x-a', '1']);
    response.write(Buffer.from('one'));
    response.write(Buffer.alloc(20_000, 'x'));
    response.end();
  });
  const modern = await talk(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  t.match(modern, /transfer-encoding: chunked\r\n[^]*\r\n\r\n3\r\none\r\n4e20\r\nx{20000}\r\n0\r\n\r\n$/);
  const old = await talk(port, 'GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n');
  t.match(old, /connection: close\r\n\r\nonex{20000}$/);
  t.notMatch(old, 'transfer-encoding');
});

t.test('HEAD, 204 and 304 have no body, and the connection goes on', async (t) => {
  const { port } = await open(t, (request, response) => {
    const status = Number(request.url.slice(1)) || 200;
    response.writeHead(status, ['content-length', '5']);
    response.end(Buffer.from('never'));
  });
  const text = await talk(
    port,
    `HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /304 HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
  );
  t.strictSame(statuses(text), ['200', '304', '204', '200']);
  t.notMatch(text, 'never');
  t.notMatch(
    /HTTP\/1\.1 204[^]*?\r\n\r\n/.exec(text)?.[0],
    'content-length',
    'a 204 has no length (RFC 9110 section 8.6)',
  );
});

t.test(
  'an answer that is shorter or longer than its length is cut, never padded or read as the next one',
  async (t) => {
    const { port } = await open(t, (request, response) => {
      response.writeHead(200, ['content-length', '5']);
      if (request.url === '/short') return response.end(Buffer.from('abc'));
      response.write(Buffer.from('abc'));
      response.write(Buffer.from('defghi'));
      response.end();
    });
    for (const url of ['/short', '/long']) {
      const text = await talk(port, `GET ${url} HTTP/1.1\r\nHost: h\r\n\r\n${LAST}`);
      t.ok(statuses(text).length <= 1, url);
      t.notMatch(text, 'abcde', url);
    }
  },
);

t.test('a head that cannot be sent throws and nothing of it leaves', async (t) => {
  const { port } = await open(t, (_request, response) => {
    for (const pairs of [
      ['x-a', 'b\r\nset-cookie: c'],
      ['x a', 'b'],
      ['', 'b'],
      ['x-a', '\u0100'],
      ['connection', 'close\r\nx-b: c'],
      ['keep-alive', 'a\nb'],
    ])
      t.throws(() => response.writeHead(200, pairs), pairs.join());
    t.throws(() => response.writeHead(99, []));
    t.throws(() => response.writeHead(200, ['content-length', '1', 'content-length', '2']));
    response.writeHead(502, ['content-length', '0']);
    response.end();
  });
  const text = await talk(port, LAST);
  t.strictSame(statuses(text), ['502']);
  t.notMatch(text, 'set-cookie');
});

t.test('requests of one turn are read before any of them is answered', async (t) => {
  const sockets: Socket[] = [];
  const read: number[][] = [];
  const { port, server } = await open(t, (request, response) => {
    read.push(sockets.map(({ bytesRead }) => bytesRead));
    echo(request, response);
  });
  server.on('connection', (socket: Socket) => void sockets.push(socket));
  const clients = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  const said = clients.map(hear);
  while (sockets.length < 2) await new Promise(setImmediate);
  await busyTurn();
  for (const client of clients) client.write(LAST);
  for (const text of await Promise.all(said)) t.match(text, /GET \/last/);
  t.strictSame(read, [
    [LAST.length, LAST.length],
    [LAST.length, LAST.length],
  ]);
});

t.test('answers of one turn leave together at its end, and one that is ended before still leaves', async (t) => {
  const sockets: Socket[] = [];
  const written: number[][] = [];
  const note = (): void => void written.push(sockets.map(({ bytesWritten }) => bytesWritten));
  const { port } = await open(t, (request, response) => {
    sockets.push(request.socket);
    response.writeHead(200, ['content-length', '2']);
    response.end(Buffer.from('ok'));
    note();
    if (request.url === '/gone') {
      response.destroy();
      note();
    } else setImmediate(note);
  });
  await busyTurn();
  t.match(await talk(port, LAST), /200 OK[^]*ok$/);
  t.strictSame([written[0], (written[1]?.[0] ?? 0) > 0], [[0], true], 'behind the sockets');
  await busyTurn();
  t.match(await talk(port, LAST.replace('/last', '/gone')), /200 OK[^]*ok$/);
  t.strictSame([written[2]?.[1], (written[3]?.[1] ?? 0) > 0], [0, true], 'or with the end of the connection');
});

t.test('a client that does not read holds the answer back, and gets all of it when it reads', async (t) => {
  let [waited, written] = [false, 0];
  const total = 64 * 1024 * 1024;
  const { port } = await open(t, (_request, response) => {
    response.writeHead(200, ['content-length', String(total)]);
    const more = (): void => {
      while (written < total) {
        written += 65_536;
        if (!response.write(Buffer.alloc(65_536))) {
          waited = true;
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.write(LAST);
  while (!waited) await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(written < total, `${written} of ${total} bytes written before the client read any`);
  let size = 0;
  socket.on('data', (chunk: Buffer) => void (size += chunk.length));
  socket.resume();
  await once(socket, 'close');
  t.ok(size > total);
});

t.test(
  'requests that come in pieces while an answer waits for its client are all there when it has read it',
  async (t) => {
    const large = 8 * 1024 * 1024;
    const { port } = await open(t, (request, response) => {
      if (request.url !== '/large') return echo(request, response);
      request.body?.resume();
      response.writeHead(200, ['content-length', String(large)]);
      response.end(Buffer.alloc(large, '.'));
    });
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    const pieces = [
      'POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n',
      'xyz',
      'GET /a HTT',
      'P/1.1\r\nHost: h\r\n\r\n',
      LAST,
    ];
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const said = hear(socket);
    socket.resume();
    const text = await said;
    t.strictSame(statuses(text), ['200', '200', '200']);
    t.match(text, /GET \/a [^]*GET \/last/);
  },
);

t.test('what does not come in time is 408, and what is idle or never read is let go', async (t) => {
  const slow = { headersTimeout: 100, requestTimeout: 100, idleTimeout: 100 };
  const { port } = await open(
    t,
    (request, response) => {
      if (request.body === undefined) echo(request, response);
    },
    slow,
  );
  t.match(await talk(port, 'GET / HTTP/1.1\r\nHos'), /^HTTP\/1\.1 408/, 'a head');
  t.match(await talk(port, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab'), /^HTTP\/1\.1 408/, 'a body');
  t.strictSame(
    statuses(await talk(port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n')),
    ['200'],
    'an idle connection is closed',
  );
});

t.test('a client that goes away closes the answer, and whoever reads its body is told', async (t) => {
  const told: string[] = [];
  const { port } = await open(t, (request, response) => {
    response.watcher = { close: () => void told.push(`closed ${request.url}`) };
    request.body?.once('error', () => void told.push(`cut ${request.url}`));
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  t.strictSame(told.toSorted(), ['closed /b', 'cut /b']);
});
