/** Pools that share what the system lets a process have, and queues that end. */
import { test } from 'tap';
import { UpstreamRoom } from '../src/wire/upstream-room.ts';
import { ask, begin, ok, poolFor, rawUpstreamFor } from './raw-upstream.ts';

test('a pool without room takes the place of a connection that waits in another one', async (t) => {
  const room = new UpstreamRoom(2);
  const upstream = await rawUpstreamFor(t, (socket, { text }) => socket.write(ok(/GET (\S+)/.exec(text)?.[1] ?? '')));
  const [first, second] = [poolFor(t, upstream.port, { room }), poolFor(t, upstream.port, { room })];
  await Promise.all([ask(first, { path: '/1' }), ask(first, { path: '/2' })]);
  t.equal((await ask(second, { path: '/3' })).body, '/3');
  t.equal((await ask(first, { path: '/4' })).body, '/4');
  t.equal(upstream.sockets.length, 3);
});

test('where all are busy who can wait waits, and who has nothing to wait for is told at once', async (t) => {
  const room = new UpstreamRoom(1);
  const upstream = await rawUpstreamFor(t, (socket) => void setTimeout(() => socket.write(ok('late')), 50));
  const [first, second] = [poolFor(t, upstream.port, { room }), poolFor(t, upstream.port, { room })];
  const busy = ask(first);
  const waits = ask(first);
  t.throws(() => begin(second), { code: 'POSTERN_QUEUE_FULL' });
  t.equal((await busy).body, 'late');
  t.equal((await waits).body, 'late');
});

test('a place is given back whatever becomes of its connection', async (t) => {
  const room = new UpstreamRoom(1);
  const upstream = await rawUpstreamFor(t, (socket, { connection }) => {
    if (connection % 2 === 0) socket.destroy();
    else socket.write(ok('well'));
  });
  const pool = poolFor(t, upstream.port, { room });
  for (let nth = 0; nth < 5; nth += 1) {
    t.equal((await ask(pool)).code, 'POSTERN_NO_ANSWER');
    t.equal((await ask(pool)).body, 'well');
    pool.giveWay();
  }
});

test('no more wait than may, and those that gave up are not counted', async (t) => {
  const upstream = await rawUpstreamFor(t, (socket) => void setTimeout(() => socket.write(ok('late')), 100));
  const pool = poolFor(t, upstream.port, { most: 1, mostWaiting: 2 });
  const calls = [ask(pool), ask(pool)];
  const given = begin(pool);
  t.throws(() => begin(pool), { code: 'POSTERN_QUEUE_FULL' });
  given.call.abort();
  given.call.abort();
  calls.push(ask(pool));
  t.throws(() => begin(pool), { code: 'POSTERN_QUEUE_FULL' });
  t.ok((await Promise.all(calls)).every(({ body }) => body === 'late'));
});
