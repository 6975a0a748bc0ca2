import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { ask, begin, drip, ok, poolFor, rawUpstreamFor, rest } from './raw-upstream.ts';
import type { Heard } from './raw-upstream.ts';

const TICKS = 250;

/** Milliseconds until the call ended. */
async function timed(heard: Heard): Promise<number> {
  const begun = performance.now();
  await heard.over;
  return performance.now() - begun;
}

function isAbout(t: Test, took: number, deadline: number): void {
  // The machine of a test may be busy: late is no mistake of ours there, early is.
  t.ok(took >= deadline && took < deadline + TICKS + 1_500, `${took} ms, deadline ${deadline} ms`);
}

t.test('the connection used last is used next, and those a burst needed run out', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => {
    setTimeout(() => socket.write(ok(String(connection), 'Keep-Alive: timeout=2\r\n')), 5);
  });
  const pool = poolFor(t, upstream.port);
  await Promise.all([ask(pool), ask(pool), ask(pool)]);
  t.equal(upstream.sockets.length, 3);
  const { body: first } = await ask(pool);
  for (let nth = 0; nth < 5; nth += 1) t.equal((await ask(pool)).body, first);
  await wait(600);
  t.equal((await ask(pool)).body, first);
  for (const [at, socket] of upstream.sockets.entries())
    if (String(at) !== first && !socket.destroyed) await once(socket, 'close');
  t.equal((await ask(pool)).body, first, 'the one in use lives on');
});

t.test('a connection is not used in the last second that the upstream gave it', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => {
    socket.write(ok(String(connection), 'Keep-Alive: timeout=2\r\n'));
  });
  const pool = poolFor(t, upstream.port);
  t.equal((await ask(pool)).body, '0');
  await wait(1_050);
  t.equal((await ask(pool)).body, '1');
});

t.test('calls over the limit wait in turn, and each gets its own answer', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { text }) => {
    setTimeout(() => socket.write(ok(/GET \/(\d+)/.exec(text)?.[1] ?? '')), 2);
  });
  const pool = poolFor(t, upstream.port, { most: 3 });
  const order: string[] = [];
  const calls = Array.from({ length: 30 }, async (_, at) => {
    const heard = await ask(pool, { path: `/${at}` });
    order.push(heard.body);
    return heard.body === String(at);
  });
  t.ok((await Promise.all(calls)).every(Boolean));
  t.equal(upstream.sockets.length, 3);
  // Three at a time: nobody is overtaken by more than those beside it.
  t.ok(
    order.every((body, at) => Math.abs(Number(body) - at) <= 3),
    order.join(),
  );
});

t.test('a place that becomes free by a broken connection is given on', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => {
    if (connection === 0) setTimeout(() => socket.destroy(), 20);
    else socket.write(ok('second'));
  });
  const pool = poolFor(t, upstream.port, { most: 1 });
  const [first, second] = await Promise.all([ask(pool), ask(pool)]);
  t.equal(first.code, 'POSTERN_NO_ANSWER');
  t.equal(second.body, 'second');
});

t.test('who waits longer than a connection may take is told so; who has gone is not', async (t) => {
  const upstream = await rawUpstreamFor(t);
  const pool = poolFor(t, upstream.port, { most: 1, connect: 300 });
  const { call: busy } = begin(pool);
  const gone = begin(pool);
  const { heard } = begin(pool);
  gone.call.abort();
  isAbout(t, await timed(heard), 300);
  t.equal(heard.code, 'POSTERN_QUEUE_TIMEOUT');
  t.equal(gone.heard.code, 'open');
  const next = begin(pool);
  busy.abort();
  for (let tries = 0; tries < 100 && upstream.sockets.length < 2; tries += 1) await wait(5);
  t.equal(upstream.sockets.length, 2, 'the next call got its place');
  next.call.abort();
});

t.test('P-UPS-021 a connection that is not made in time is given up', async (t) => {
  // The black hole of a test without root: a name whose lookup never ends, and a TLS handshake that nobody answers.
  const upstream = await rawUpstreamFor(t);
  for (const dial of [{ host: 'hole.test', lookup: () => undefined }, { tls: {} }]) {
    const { heard } = begin(poolFor(t, upstream.port, { connect: 300, dial }));
    isAbout(t, await timed(heard), 300);
    t.equal(heard.code, 'POSTERN_CONNECT_TIMEOUT');
  }
  const [socket] = upstream.sockets;
  if (socket?.destroyed === false) await once(socket, 'close');
  t.pass('what was half connected is destroyed');
});

t.test('P-UPS-020 a refused connection is told at once', async (t) => {
  const upstream = await rawUpstreamFor(t);
  upstream.server.close();
  const { heard } = begin(poolFor(t, upstream.port));
  t.ok((await timed(heard)) < 500);
  t.equal(heard.code, 'POSTERN_UNREACHABLE');
  t.match(String(heard.outcome), /ECONNREFUSED/);
});

t.test('P-UPS-022 an upstream that never answers is given up when its time is up', async (t) => {
  const upstream = await rawUpstreamFor(t);
  const { heard } = begin(poolFor(t, upstream.port, { headers: 300 }), { method: 'POST' });
  isAbout(t, await timed(heard), 300);
  t.equal(heard.code, 'POSTERN_HEADERS_TIMEOUT');
  t.equal(upstream.sockets.length, 1);
});

t.test('a head that drips does not put its time off', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) =>
    drip(socket, `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(1_000)}`, 20),
  );
  const { heard } = begin(poolFor(t, upstream.port, { headers: 300 }));
  isAbout(t, await timed(heard), 300);
  t.equal(heard.code, 'POSTERN_HEADERS_TIMEOUT');
});

t.test('an upstream that stops in mid-body is given up; one that goes on is not', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { text }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n');
    drip(socket, text.includes('/whole') ? '12345678' : '1234', 100);
  });
  const pool = poolFor(t, upstream.port, { idle: 400 });
  const half = begin(pool);
  t.equal((await ask(pool, { path: '/whole' })).body, '12345678');
  await half.heard.over;
  t.equal(half.heard.code, 'POSTERN_BODY_TIMEOUT');
  t.equal(half.heard.body, '1234');
});

t.test('an aborted call ends its connection, says nothing more and harms no other', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { text }) => {
    if (text.includes('/ok')) socket.write(ok('fine'));
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n1234');
  });
  const pool = poolFor(t, upstream.port);
  const { heard, call } = begin(pool);
  await heard.begun;
  call.abort();
  call.abort();
  call.resume();
  await once(upstream.sockets[0] ?? upstream.server, 'close');
  t.equal(heard.code, 'open');
  const fine = begin(pool, { path: '/ok' });
  await fine.heard.over;
  await rest();
  fine.call.abort();
  fine.call.resume();
  t.equal((await ask(pool, { path: '/ok' })).body, 'fine');
  t.equal(upstream.sockets.length, 2, 'a late abort does not end the connection of others');
});

t.test('a call that is aborted before there is a connection opens none for good', async (t) => {
  const upstream = await rawUpstreamFor(t);
  const pool = poolFor(t, upstream.port, { most: 1 });
  const { heard, call } = begin(pool);
  call.abort();
  t.equal(heard.code, 'open');
  const { heard: next } = begin(pool, { path: '/next' });
  while (upstream.got.join('') === '') await wait(5);
  t.equal(upstream.got.join('').split('\r\n')[0], 'GET /next HTTP/1.1');
  t.equal(next.code, 'open');
});

t.test(
  'P-UPS-024 a connection that the upstream closed is not used, and one that closes under a call says so',
  async (t) => {
    const upstream = await rawUpstreamFor(t, (socket, { nth, connection }) => {
      if (connection === 0 && nth === 1) socket.destroy();
      else socket.write(ok(String(connection)));
    });
    const pool = poolFor(t, upstream.port);
    t.equal((await ask(pool)).body, '0');
    const raced = await ask(pool);
    t.match(raced.outcome, { code: 'POSTERN_NO_ANSWER', reused: true });
    t.equal((await ask(pool, { fresh: true })).body, '1');
    upstream.sockets[1]?.end();
    await once(upstream.sockets[1] ?? upstream.server, 'close');
    await rest();
    t.equal((await ask(pool)).body, '2');
  },
);

t.test('a call that wants a new connection gets one, also where the pool is full of waiting ones', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => void socket.write(ok(String(connection))));
  const pool = poolFor(t, upstream.port, { most: 1 });
  t.equal((await ask(pool)).body, '0');
  t.equal((await ask(pool, { fresh: true })).body, '1');
  t.equal((await ask(pool)).body, '1');
});

t.test('a closed pool ends what waits at once, lets calls end, and takes no more', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket, { text }) => {
    socket.write(text.includes('/slow') ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl' : ok('fast'));
  });
  const pool = poolFor(t, upstream.port);
  const slow = begin(pool, { path: '/slow' });
  await ask(pool);
  await slow.heard.begun;
  const ended = once(upstream.sockets[1] ?? upstream.server, 'close');
  pool.close();
  await ended;
  t.throws(() => begin(pool), { code: 'POSTERN_POOL_CLOSED' });
  upstream.sockets[0]?.write('ow');
  await slow.heard.over;
  t.equal(slow.heard.body, 'slow');
  await once(upstream.sockets[0] ?? upstream.server, 'close');
});

t.test('calls that wait for their turn are answered though the pool is closed', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => void setTimeout(() => socket.write(ok('yes')), 20));
  const pool = poolFor(t, upstream.port, { most: 1 });
  const calls = [ask(pool), ask(pool), ask(pool)];
  pool.close();
  for (const heard of await Promise.all(calls)) t.equal(heard.body, 'yes');
  for (const socket of upstream.sockets) if (!socket.destroyed) await once(socket, 'close');
  t.pass('and then its connections end');
});

t.test('no timer is left when the last connection is gone', async (t) => {
  const before = timers();
  const upstream = await rawUpstreamFor(t, (socket) => void socket.end(ok('x', 'Connection: close\r\n')));
  const pool = poolFor(t, upstream.port);
  await ask(pool);
  for (let tries = 0; tries < 100 && timers() > before; tries += 1) await wait(20);
  t.equal(timers(), before);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
