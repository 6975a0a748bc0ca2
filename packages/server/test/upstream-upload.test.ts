import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { BodySink, BodySource } from '../src/wire/upstream-body.ts';
import { Heard, ask, begin, ok, poolFor, rawUpstreamFor } from './raw-upstream.ts';

/** A body that gives what a test tells it to give. */
class Told implements BodySource {
  readonly length: number | undefined;
  resumed = 0;
  stopped = false;
  readonly flows: Promise<BodySink>;
  #begin: (sink: BodySink) => void = () => undefined;

  constructor(length: number | undefined) {
    this.length = length;
    this.flows = new Promise((resolve) => (this.#begin = resolve));
  }

  flowTo(sink: BodySink): void {
    this.#begin(sink);
  }

  resume(): void {
    this.resumed += 1;
  }

  stop(): void {
    this.stopped = true;
  }
}

const HEAD = 'POST / HTTP/1.1\r\nhost: up.test\r\n';

t.test('a request is one head, its framing our own, and its small body in the same write', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => void socket.write(ok('ok')));
  const pool = poolFor(t, upstream.port);
  const pairs = ['x-a', '1', 'set-cookie', 'a', 'set-cookie', 'b', 'x-utf', '\xe9'];
  const own = [
    'host',
    'evil',
    'connection',
    'x-a',
    'content-length',
    '7',
    'transfer-encoding',
    'gzip',
    'upgrade',
    'h2c',
  ];
  await ask(pool, { path: '/a?b=|"<>\xff', pairs: [...own, ...pairs, 'keep-alive', 'x', 'expect', '100-continue'] });
  await ask(pool, { method: 'POST', body: Buffer.from('hello') });
  await ask(pool, { method: 'PUT' });
  await ask(pool, { method: 'DELETE' });
  t.equal(
    upstream.got[0],
    'GET /a?b=|"<>\xff HTTP/1.1\r\nhost: up.test\r\nx-a: 1\r\nset-cookie: a\r\nset-cookie: b\r\nx-utf: \xe9\r\n\r\n' +
      `${HEAD}content-length: 5\r\n\r\nhello` +
      'PUT / HTTP/1.1\r\nhost: up.test\r\ncontent-length: 0\r\n\r\n' +
      'DELETE / HTTP/1.1\r\nhost: up.test\r\n\r\n',
  );
});

t.test('what would end a line early throws, and nothing is written', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => void socket.write(ok('ok')));
  const pool = poolFor(t, upstream.port);
  for (const bad of [
    { method: 'GET /x HTTP/1.1\r\nX: ' },
    { method: '' },
    { path: '/a b' },
    { path: '/a\r\nX: y' },
    { path: '/a\0' },
    { path: '/\u{100}' },
    { path: '' },
    { host: 'a\r\nX: y' },
    { pairs: ['x-a', 'a\r\nX: y'] },
    { pairs: ['x-a', 'a\nb'] },
    { pairs: ['x-a', '\u{20ac}'] },
    { pairs: ['x-a', '\u{10a}'] },
    { pairs: ['x a', 'b'] },
    { pairs: ['x-a:', 'b'] },
    { pairs: ['', 'b'] },
    { pairs: ['x\r\n', 'b'] },
  ])
    t.throws(() => begin(pool, bad), { code: 'POSTERN_UNSENDABLE' }, JSON.stringify(bad));
  t.equal((await ask(pool)).body, 'ok');
  t.equal(upstream.got.join(''), 'GET / HTTP/1.1\r\nhost: up.test\r\n\r\n');
});

t.test('a streamed body goes as it comes: counted where its length is known, in chunks otherwise', async (t) => {
  const upstream = await rawUpstreamFor(t);
  const pool = poolFor(t, upstream.port);
  for (const length of [10, undefined]) {
    const body = new Told(length);
    const { heard } = begin(pool, { method: 'POST', body });
    const sink = await body.flows;
    for (const piece of ['hello', '', 'world']) {
      sink.write(Buffer.from(piece));
      await wait(10);
    }
    sink.end();
    await wait(20);
    upstream.sockets[0]?.write(ok('ok'));
    await heard.over;
    await wait(10);
    t.equal(heard.body, 'ok');
    sink.write(Buffer.from('more'));
    sink.fail(new Error('late'));
  }
  t.equal(
    upstream.got.join(''),
    `${HEAD}content-length: 10\r\n\r\nhelloworld${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n`,
  );
  t.equal(begin(pool).heard.code, 'open', 'what a body does after its call is over harms nobody');
});

for (const { name, length, does, sent } of [
  {
    name: 'shorter than it said',
    length: 10,
    does: (sink: BodySink) => (sink.write(Buffer.from('half')), sink.end()),
    sent: 'half',
  },
  {
    name: 'longer than it said',
    length: 3,
    does: (sink: BodySink) => (sink.write(Buffer.from('four')), sink.end()),
    sent: '',
  },
  {
    name: 'longer by another piece',
    length: 4,
    does: (sink: BodySink) => (sink.write(Buffer.from('four')), sink.write(Buffer.from('5'))),
    sent: 'four',
  },
]) {
  t.test(`a body that is ${name} ends its connection`, async (t) => {
    const upstream = await rawUpstreamFor(t);
    const body = new Told(length);
    const { heard } = begin(poolFor(t, upstream.port), { method: 'POST', body });
    does(await body.flows);
    await heard.over;
    t.equal(heard.code, 'POSTERN_BODY_LENGTH');
    t.equal(body.stopped, true);
    const [socket] = upstream.sockets;
    if (socket?.destroyed === false) await once(socket, 'close');
    t.ok(upstream.got.join('').endsWith(sent === '' ? '' : `\r\n\r\n${sent}`), upstream.got.join(''));
  });
}

t.test('a body that breaks off leaves a request that is visibly not whole', async (t) => {
  for (const length of [10, undefined]) {
    const upstream = await rawUpstreamFor(t);
    const body = new Told(length);
    const { heard } = begin(poolFor(t, upstream.port), { method: 'POST', body });
    const sink = await body.flows;
    sink.write(Buffer.from('half'));
    await wait(30);
    sink.fail(new Error('the client broke off'));
    await heard.over;
    t.match(String(heard.outcome), 'broke off');
    const [socket] = upstream.sockets;
    if (socket?.destroyed === false) await once(socket, 'close');
    t.notMatch(upstream.got.join(''), '\r\n0\r\n\r\n');
    t.match(upstream.got.join(''), 'half');
  }
});

/** A body that never ends, given as fast as it is taken. */
class Endless implements BodySource {
  readonly length = undefined;
  given = 0;
  #sink: BodySink | undefined = undefined;

  flowTo(sink: BodySink): void {
    this.#sink = sink;
    this.resume();
  }

  resume(): void {
    const piece = Buffer.alloc(64 * 1024);
    do this.given += piece.length;
    while (this.#sink?.write(piece) === true);
  }

  stop(): void {
    this.#sink = undefined;
  }
}

t.test('an upstream that takes no bytes holds the body back, and is given up when its time is up', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => void socket.pause());
  const body = new Endless();
  const heard = await ask(poolFor(t, upstream.port, { headers: 400 }), { method: 'POST', body });
  t.equal(heard.code, 'POSTERN_HEADERS_TIMEOUT');
  t.ok(body.given < 32 * 1024 * 1024, `${body.given} bytes`);
});

t.test(
  'a body goes on when the upstream takes more, and a client that is slow with it is no fault of the upstream',
  async (t) => {
    const upstream = await rawUpstreamFor(t, (socket) => {
      socket.pause();
      setTimeout(() => socket.resume(), 200);
    });
    const body = new Told(undefined);
    const { heard } = begin(poolFor(t, upstream.port, { headers: 500 }), { method: 'POST', body });
    const sink = await body.flows;
    while (sink.write(Buffer.alloc(1024 * 1024))) await wait(1);
    while (body.resumed === 0) await wait(5);
    await wait(900);
    t.equal(heard.code, 'open', 'while it waits for the client');
    sink.end();
    upstream.sockets[0]?.write(ok('thanks'));
    await heard.over;
    t.equal(heard.body, 'thanks');
  },
);

t.test('a large body that is there whole goes in pieces and arrives whole', async (t) => {
  const bytes = Buffer.alloc(3 * 1024 * 1024, 'Postern');
  let seen = 0;
  const upstream = await rawUpstreamFor(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (upstream.got[0]?.endsWith(bytes.subarray(-100).toString()) === true && seen >= bytes.length - 65_536)
        socket.write(ok('all'));
    });
  });
  const heard = await ask(poolFor(t, upstream.port), { method: 'POST', body: bytes });
  t.equal(heard.body, 'all');
  t.equal(upstream.got.join(''), `${HEAD}content-length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`);
});

t.test('P-UPS-011 an answer before the body is whole is relayed, and the connection not used again', async (t) => {
  for (const [status, sends] of [
    [200, true],
    [413, false],
  ] as const) {
    const upstream = await rawUpstreamFor(t, (socket, { text }) => {
      if (text.startsWith('GET')) socket.write(ok('next'));
      else socket.write(`HTTP/1.1 ${status} Early\r\nContent-Length: 5\r\n\r\near`);
    });
    const pool = poolFor(t, upstream.port);
    const body = new Told(1_000);
    const { heard } = begin(pool, { method: 'POST', body });
    const sink = await body.flows;
    sink.write(Buffer.from('first'));
    await heard.begun;
    t.equal(heard.status, status);
    sink.write(Buffer.from('second'));
    await wait(30);
    t.equal(upstream.got[0]?.endsWith('firstsecond'), sends, 'an upstream that answers well may still read');
    upstream.sockets[0]?.write('ly');
    await heard.over;
    t.equal(heard.body, 'early');
    t.equal(body.stopped, true);
    sink.write(Buffer.from('third'));
    t.equal((await ask(pool)).body, 'next');
    t.equal(upstream.sockets.length, 2);
  }
});

t.test('a handler that is slow holds the upstream back, and loses nothing', async (t) => {
  const total = 32 * 1024 * 1024;
  let written = 0;
  const upstream = await rawUpstreamFor(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const piece = Buffer.alloc(64 * 1024);
    const pump = (): void => {
      while (written < total) {
        written += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', pump);
      }
    };
    pump();
  });
  const heard = new Heard();
  heard.flows = false;
  const { call } = begin(poolFor(t, upstream.port, { idle: 300 }), {}, heard);
  await heard.begun;
  await wait(700);
  t.equal(heard.size, 0, 'no byte before it says so');
  t.equal(heard.code, 'open', 'a slow client is no fault of the upstream');
  t.ok(written < total / 2, `${written} bytes were taken`);
  for (let step = 0; step < 3; step += 1) {
    const before = heard.size;
    call.resume();
    while (heard.size === before) await wait(1);
    await wait(20);
    t.ok(heard.size - before <= 64 * 1024, 'one piece at a time');
  }
  heard.flows = true;
  call.resume();
  await heard.over;
  t.strictSame([heard.code, heard.size], ['whole', total]);
});

t.test('what came before the connection ended is given also to a handler that resumes later', async (t) => {
  for (const [bytes, outcome] of [
    [ok('held'), 'whole'],
    ['HTTP/1.1 200 OK\r\n\r\nheld', 'whole'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nheld', 'POSTERN_ANSWER_CUT'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nheld\r\n', 'POSTERN_ANSWER_CUT'],
  ] as const) {
    const upstream = await rawUpstreamFor(t, (socket) => void socket.end(bytes));
    const heard = new Heard();
    heard.flows = false;
    const pool = poolFor(t, upstream.port);
    const { call } = begin(pool, {}, heard);
    await heard.begun;
    await wait(50);
    t.equal(heard.code, 'open');
    heard.flows = true;
    call.resume();
    await heard.over;
    t.strictSame([heard.code, heard.body], [outcome, 'held']);
    begin(pool);
    while (upstream.sockets.length < 2) await wait(5);
  }
});
