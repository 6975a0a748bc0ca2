/** What an upstream may answer, and what ends its connection: the rows P-UPS-* of the law of the front door. */
import { once } from 'node:events';
import t from 'tap';
import { busyTurn } from './busy-turn.ts';
import { Heard, ask, begin, drip, ok, poolFor, rawUpstreamFor } from './raw-upstream.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

interface Row {
  readonly name: string;
  readonly bytes: string;
  readonly method?: string;
  /** How the upstream goes on after it. */
  readonly after?: 'end' | 'reset';
  readonly outcome: string;
  readonly status?: number;
  readonly body?: string;
  /** Whether the same connection carries the next call. */
  readonly again?: boolean;
}

const ROWS: readonly Row[] = [
  { name: 'a length', bytes: ok('hello'), outcome: 'whole', body: 'hello', again: true },
  { name: 'no bytes', bytes: ok(''), outcome: 'whole', body: '', again: true },
  {
    name: 'chunks',
    bytes: `${CHUNKED}5;x\r\nhello\r\n1\r\n!\r\n0\r\nX-T: 1\r\n\r\n`,
    outcome: 'whole',
    body: 'hello!',
    again: true,
  },
  { name: 'until close', bytes: 'HTTP/1.1 200 OK\r\n\r\nall of it', after: 'end', outcome: 'whole', body: 'all of it' },
  { name: 'HTTP/1.0 until close', bytes: 'HTTP/1.0 200 OK\r\n\r\nold', after: 'end', outcome: 'whole', body: 'old' },
  {
    name: 'until close, reset',
    bytes: 'HTTP/1.1 200 OK\r\n\r\nhalf',
    after: 'reset',
    outcome: 'POSTERN_ANSWER_CUT',
    status: 200,
  },
  { name: 'connection: close', bytes: ok('bye', 'Connection: close\r\n'), outcome: 'whole', body: 'bye', again: false },
  {
    name: 'HTTP/1.0 with a length',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    outcome: 'whole',
    body: 'ok',
    again: false,
  },
  {
    name: 'HEAD',
    method: 'HEAD',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n',
    outcome: 'whole',
    body: '',
    again: true,
  },
  {
    name: 'HEAD, until close',
    method: 'HEAD',
    bytes: 'HTTP/1.1 200 OK\r\n\r\n',
    outcome: 'whole',
    body: '',
    again: true,
  },
  { name: '204', bytes: 'HTTP/1.1 204 No Content\r\n\r\n', outcome: 'whole', status: 204, body: '', again: true },
  {
    name: '304 with a length',
    bytes: 'HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n',
    outcome: 'whole',
    status: 304,
    body: '',
    again: true,
  },
  {
    name: 'informational first',
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${'HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n'.repeat(7)}${ok('x')}`,
    outcome: 'whole',
    body: 'x',
    again: true,
  },
  { name: 'P-UPS-001 two answers', bytes: `${ok('ok')}${ok('EVIL')}`, outcome: 'whole', body: 'ok', again: false },
  { name: 'P-UPS-001 one byte more', bytes: `${ok('ok')}\n`, outcome: 'whole', body: 'ok', again: false },
  {
    name: 'P-UPS-001 behind chunks',
    bytes: `${CHUNKED}2\r\nok\r\n0\r\n\r\nX`,
    outcome: 'whole',
    body: 'ok',
    again: false,
  },
  {
    name: 'P-UPS-003 length and chunks',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    outcome: 'POSTERN_BAD_ANSWER',
  },
  {
    name: 'P-UPS-004 two lengths',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 6\r\n\r\nokEVIL',
    outcome: 'POSTERN_BAD_ANSWER',
  },
  {
    name: 'P-UPS-005 short body',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort',
    after: 'end',
    outcome: 'POSTERN_ANSWER_CUT',
    status: 200,
    body: 'short',
  },
  {
    name: 'P-UPS-006 no last chunk',
    bytes: `${CHUNKED}5\r\nhello\r\n`,
    after: 'end',
    outcome: 'POSTERN_ANSWER_CUT',
    status: 200,
    body: 'hello',
  },
  {
    name: 'P-UPS-007 bad chunk',
    bytes: `${CHUNKED}zz\r\nhello\r\n0\r\n\r\n`,
    outcome: 'POSTERN_BAD_ANSWER',
    status: 200,
    body: '',
  },
  {
    name: 'P-UPS-009 nine informational',
    bytes: `${'HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n'.repeat(9)}${ok('x')}`,
    outcome: 'POSTERN_BAD_ANSWER',
  },
  {
    name: 'P-UPS-010 switch of protocols',
    bytes: `HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n${ok('EVIL')}`,
    outcome: 'POSTERN_BAD_ANSWER',
  },
  { name: 'P-UPS-012 HTTP/0.9', bytes: 'just text\r\n', outcome: 'POSTERN_BAD_ANSWER' },
  { name: 'P-UPS-012 TLS', bytes: '\x15\x03\x01\x00\x02\x02\x46', outcome: 'POSTERN_BAD_ANSWER' },
  {
    name: 'P-UPS-013 status 999',
    bytes: 'HTTP/1.1 999 Nope\r\nContent-Length: 0\r\n\r\n',
    outcome: 'POSTERN_BAD_ANSWER',
  },
  {
    name: 'P-UPS-013 status 099',
    bytes: 'HTTP/1.1 099 Nope\r\nContent-Length: 0\r\n\r\n',
    outcome: 'POSTERN_BAD_ANSWER',
  },
  {
    name: 'P-UPS-014 NUL',
    bytes: 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok',
    outcome: 'POSTERN_BAD_ANSWER',
  },
  { name: 'P-UPS-014 NUL in half a head', bytes: 'HTTP/1.1 200 OK\r\nX-A: a\0b', outcome: 'POSTERN_BAD_ANSWER' },
  {
    name: 'P-UPS-015 CR',
    bytes: 'HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\nok',
    outcome: 'POSTERN_BAD_ANSWER',
  },
  { name: 'bare LF', bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', outcome: 'POSTERN_BAD_ANSWER' },
  {
    name: 'P-UPS-016 __proto__',
    bytes: 'HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\nContent-Length: 2\r\n\r\nok',
    outcome: 'whole',
    body: 'ok',
    again: true,
  },
  { name: 'P-UPS-018 HEAD with body', method: 'HEAD', bytes: ok('EVIL'), outcome: 'whole', body: '', again: false },
  {
    name: 'P-UPS-019 204 with body',
    bytes: `HTTP/1.1 204 No Content\r\n\r\n${ok('EVIL')}`,
    outcome: 'whole',
    status: 204,
    body: '',
    again: false,
  },
  { name: 'P-UPS-023 reset before an answer', bytes: '', after: 'reset', outcome: 'POSTERN_NO_ANSWER' },
  { name: 'an end before an answer', bytes: '', after: 'end', outcome: 'POSTERN_NO_ANSWER' },
  { name: 'an end in the head', bytes: 'HTTP/1.1 200 OK\r\nX-', after: 'end', outcome: 'POSTERN_ANSWER_CUT' },
];

for (const row of ROWS) {
  t.test(`an answer: ${row.name}`, async (t) => {
    const upstream = await rawUpstreamFor(t, (socket, { nth, connection }) => {
      socket.write(nth > 0 || connection > 0 ? ok('next') : row.bytes, 'latin1');
      if (nth > 0 || connection > 0) return;
      if (row.after === 'end') socket.end();
      // What was written before must not be lost with it.
      else if (row.after === 'reset') setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const pool = poolFor(t, upstream.port);
    const heard = await ask(pool, { method: row.method ?? 'GET' });
    t.equal(heard.code, row.outcome);
    const refused = row.outcome.startsWith('POSTERN') && row.status === undefined;
    t.equal(heard.status, row.status ?? (refused ? 0 : 200));
    if (row.body !== undefined) t.equal(heard.body, row.body);
    const next = await ask(pool);
    t.strictSame([next.code, next.body], ['whole', 'next'], 'the next call gets its own answer');
    if (row.again !== undefined) t.equal(upstream.sockets.length, row.again ? 1 : 2, 'connections');
    t.equal(heard.after, 0, 'nothing is told after the end');
  });
}

t.test('an answer means the same in whatever pieces it comes', async (t) => {
  const whole = `HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Made\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`;
  let cut = 0;
  const upstream = await rawUpstreamFor(t, (socket) => {
    const at = cut;
    socket.write(whole.slice(0, at));
    setTimeout(() => socket.write(whole.slice(at)), 2);
  });
  const pool = poolFor(t, upstream.port);
  for (cut = 1; cut < whole.length; cut += 1) {
    const { code, status, body, pairs } = await ask(pool);
    const got = [code, status, body, pairs.join()];
    if (got.join('|') !== 'whole|201|abcde|x-a,b,transfer-encoding,chunked') t.fail(`cut at ${cut}: ${got.join('|')}`);
  }
  t.equal(upstream.sockets.length, 1, 'one connection carried them all');
});

t.test('an answer byte by byte is read', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => drip(socket, ok('slow', 'X-A: b\r\n'), 1));
  const heard = await ask(poolFor(t, upstream.port));
  t.strictSame([heard.code, heard.body], ['whole', 'slow']);
});

t.test('P-UPS-008 a head without end is refused within its budget', async (t) => {
  let written = 0;
  const upstream = await rawUpstreamFor(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const line = `X-A: ${'a'.repeat(1_000)}\r\n`;
    const pump = (): void => {
      if (socket.destroyed) return;
      written += line.length;
      if (socket.write(line)) setImmediate(pump);
      else socket.once('drain', pump);
    };
    pump();
  });
  const begun = performance.now();
  const heard = await ask(poolFor(t, upstream.port));
  t.equal(heard.code, 'POSTERN_BAD_ANSWER');
  t.match(String(heard.outcome), 'the head is too large');
  t.ok(performance.now() - begun < 5_000);
  t.ok(written < 4 * 1024 * 1024, `${written} bytes were taken`);
});

t.test('P-UPS-009 a flood of informational answers is refused at the ninth', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => {
    const many = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1_000);
    for (let at = 0; at < 100; at += 1) socket.write(many);
    socket.write(ok('late'));
  });
  const cpu = process.cpuUsage();
  const heard = await ask(poolFor(t, upstream.port));
  const { user } = process.cpuUsage(cpu);
  t.match(String(heard.outcome), 'too many informational');
  t.ok(user < 1_000_000, `${user} us`);
});

t.test('P-UPS-002 bytes on a connection that waits end it before anybody gets them', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => {
    socket.write(ok(`ok-${connection}`));
    if (connection === 0) setTimeout(() => socket.write(ok('EVIL')), 30);
  });
  const pool = poolFor(t, upstream.port);
  t.equal((await ask(pool)).body, 'ok-0');
  const [socket] = upstream.sockets;
  if (socket !== undefined && !socket.destroyed) await once(socket, 'close');
  t.equal((await ask(pool)).body, 'ok-1');
});

t.test('P-UPS-002 bytes that come between a request and its leaving answer nobody', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => void socket.write(ok(String(connection))));
  const pool = poolFor(t, upstream.port);
  t.equal((await ask(pool)).body, '0');
  await busyTurn();
  upstream.sockets[0]?.write(ok('poison'));
  // In the turn in which the bytes will be read.
  const { heard } = begin(pool);
  await heard.over;
  t.match(heard.outcome, { code: 'POSTERN_NO_ANSWER', reused: true });
  t.notMatch(upstream.got[0], /GET [^]*GET /, 'and it never left');
  t.equal((await ask(pool)).body, '1');
});

t.test('a body behind the answer to HEAD, in a packet of its own, reaches no other call', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    if (connection === 0) socket.write(ok('EVIL'));
  });
  const pool = poolFor(t, upstream.port);
  const heard = new Heard();
  class Hurrying extends Heard {
    override onEnd(): void {
      begin(pool, { method: 'HEAD' }, heard);
    }
  }
  begin(pool, { method: 'HEAD' }, new Hurrying());
  await heard.over;
  t.equal(heard.code, 'whole');
  t.equal(upstream.sockets.length, 2, 'the connection was not used in the turn in which its answer was whole');
});

t.test('U7 poison at random reaches no call', async (t) => {
  let poisoned = 0;
  const upstream = await rawUpstreamFor(t, (socket, { text }) => {
    const [, method = '', nonce = ''] = /^([A-Z]+) \/(\d+)/.exec(text) ?? [];
    const isPoisoned = Number(nonce) % 3 === 0;
    if (isPoisoned) poisoned += 1;
    if (method === 'HEAD') {
      socket.write(`HTTP/1.1 200 OK\r\nX-Nonce: ${nonce}\r\nContent-Length: 4\r\n\r\n`);
      // Upstreams that send a body all the same often send it by itself.
      if (isPoisoned) socket.write(ok('EVIL', 'X-Nonce: EVIL\r\n'));
    } else socket.write(`${ok('', `X-Nonce: ${nonce}\r\n`)}${isPoisoned ? ok('EVIL', 'X-Nonce: EVIL\r\n') : ''}`);
  });
  const pool = poolFor(t, upstream.port);
  let nonce = 0;
  let wrong = 0;
  const client = async (): Promise<void> => {
    while (nonce < 3_000) {
      nonce += 1;
      const mine = String(nonce);
      const { heard } = begin(pool, { method: nonce % 2 === 0 ? 'HEAD' : 'GET', path: `/${mine}` });
      await heard.over;
      if (heard.outcome !== 'whole' || heard.pairs[heard.pairs.indexOf('x-nonce') + 1] !== mine) wrong += 1;
    }
  };
  await Promise.all([client(), client(), client(), client()]);
  t.equal(wrong, 0);
  t.ok(poisoned > 900);
});
