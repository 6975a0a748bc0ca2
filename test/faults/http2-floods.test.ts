/** What a client of HTTP/2 can send without end, as raw frames: each kind has a measure, and the other connections go on. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import type { Test } from 'tap';
import { FLAG, PREFACE, TYPE, get, getBlock, literal, readFrames, readStreams, toBytes } from '../corpus/h2-frames.ts';
import type { Frame } from '../corpus/h2-frames.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

const ENHANCE_YOUR_CALM = 11;
const PING = 6;
const SETTINGS = toBytes({ type: TYPE.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) });

/** A client that speaks in frames. */
interface Client {
  readonly socket: Socket;
  readonly bytes: () => Buffer;
  readonly frames: () => readonly Frame[];
  readonly ended: () => boolean;
  /** The error code of the GOAWAY; undefined: none came. */
  readonly goAway: () => number | undefined;
}

async function clientOf(t: Test, port: number): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let ended = false;
  const end = (): void => void (ended = true);
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  socket.on('error', end).on('end', end).on('close', end);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(Buffer.concat([PREFACE, SETTINGS]));
  const bytes = (): Buffer => Buffer.concat(chunks);
  return {
    socket,
    bytes,
    frames: () => readFrames(bytes()),
    ended: () => ended,
    goAway: () => readStreams(bytes()).goAway,
  };
}

/** A gateway with one listener for HTTP/2 in front of an upstream, and one for HTTP/1 to ask whether it is well. */
async function gatewayOf(t: Test, upstream: string, limits = ''): Promise<TestGateway> {
  const listen = '{ name: h2, address: 127.0.0.1:0, protocol: h2c }\n    - { name: plain, address: 127.0.0.1:0 }';
  return gatewayFor(
    t,
    `${SERVER.replace('{ name: public, address: 127.0.0.1:0 }', listen)}${limits}
upstreams: [{ name: up, targets: ["${upstream}"] }]
apiGroups: [{ name: api, upstream: up }]
`,
  );
}

/** Sends `each(1)`, `each(2)`, ... a few at a time until the connection ends; how many it were. */
async function flood(client: Client, most: number, each: (nth: number) => Buffer): Promise<number> {
  for (let sent = 0; sent < most;) {
    const together = Array.from({ length: Math.min(20, most - sent) }, (_, at) => each(sent + at + 1));
    client.socket.write(Buffer.concat(together));
    sent += together.length;
    await wait(2);
    if (client.ended() || client.goAway() !== undefined) return sent;
  }
  return most;
}

const stream = (nth: number): number => 2 * nth - 1;
const four = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const reset = (nth: number): Buffer => toBytes({ type: TYPE.reset, flags: 0, stream: stream(nth), payload: four(8) });
/** A good request, and a window update on its stream. */
const update = (nth: number, by: number): Buffer =>
  Buffer.concat([
    get(stream(nth), '/'),
    toBytes({ type: TYPE.windowUpdate, flags: 0, stream: stream(nth), payload: four(by) }),
  ]);
/** A GET with more fields. */
const headOf = (nth: number, ...fields: readonly Buffer[]): Buffer => {
  const payload = Buffer.concat([getBlock('/'), ...fields]);
  return toBytes({ type: TYPE.headers, flags: FLAG.endHeaders | FLAG.endStream, stream: stream(nth), payload });
};

test('streams that are opened only to be reset (CVE-2023-44487) end the connection, and their requests at the upstream', async (t) => {
  const working = new Set<object>();
  const upstream = await upstreamFor(t, (incoming, response) => {
    if (incoming.url !== '/held') response.end('ok');
    else {
      working.add(response);
      response.once('close', () => working.delete(response));
    }
  });
  const gateway = await gatewayOf(t, upstream.url, '  limits: { maxResets: 50 }\n');
  const client = await clientOf(t, gateway.port('h2'));
  const sent = await flood(client, 2_000, (nth) => Buffer.concat([get(stream(nth), '/held'), reset(nth)]));
  await until(async () => client.ended(), 'the connection stays open');
  // What is on its way when the connection ends was sent as well; nghttp2 alone would take a thousand.
  t.ok(sent > 50 && sent < 900, `${sent} streams, with 50 resets allowed`);
  t.equal(client.goAway(), ENHANCE_YOUR_CALM);
  await until(
    async () => working.size === 0,
    () => `${working.size} requests are still at the upstream`,
  );
  t.equal((await request(gateway.port('plain'), 'GET /')).status, 200);
  t.match(await gateway.cell.metrics(), 'postern_http2_sessions_ended_total{reason="resets"} 1');
  t.ok(gateway.said.some(({ level, record }) => level === 'warn' && record['reason'] === 'resets'));
});

// Node ends a connection at the first frame that would have us reset a stream, and counts streams with a malformed head.
for (const [what, frames, most] of [
  ['a window update of nothing', (nth: number) => update(nth, 0), 100],
  ['a window that overflows', (nth: number) => update(nth, 2 ** 31 - 1), 100],
  ['a malformed head', (nth: number) => headOf(nth, literal('Bad Name', '1')), 100],
] as const)
  test(`a client that has us reset its streams by ${what} (CVE-2025-8671) is cut off`, async (t) => {
    const upstream = await upstreamFor(t);
    const gateway = await gatewayOf(t, upstream.url, '  limits: { maxResets: 50 }\n');
    const client = await clientOf(t, gateway.port('h2'));
    const sent = await flood(client, 2_000, frames);
    await until(async () => client.ended(), 'the connection stays open');
    t.ok(sent <= most, `${sent} streams`);
    t.ok(upstream.seen.length <= 20, `${upstream.seen.length} requests at the upstream`);
    t.equal((await request(gateway.port('plain'), 'GET /')).status, 200);
  });

test('a head over headerBytes is refused, also of a client that does not acknowledge our settings', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayOf(t, upstream.url, '  limits: { headerBytes: 4KiB }\n');
  const client = await clientOf(t, gateway.port('h2'));
  client.socket.write(headOf(1, ...Array.from({ length: 5 }, (_, at) => literal(`x-${at}`, 'x'.repeat(1_000)))));
  client.socket.write(headOf(2, literal('x-a', 'x'.repeat(1_000))));
  const status = (): readonly number[] => readStreams(client.bytes()).answers.final.map((answer) => answer.status);
  await until(
    async () => status().length === 2,
    () => `answers: ${status().join()}`,
  );
  t.same(status(), [431, 200]);
  t.equal(upstream.seen.length, 1);
});

test('as many resets as are allowed leave the connection as it is', async (t) => {
  const upstream = await upstreamFor(t, (incoming, response) => void (incoming.url === '/held' || response.end('ok')));
  const gateway = await gatewayOf(t, upstream.url, '  limits: { maxResets: 50 }\n');
  const client = await clientOf(t, gateway.port('h2'));
  t.equal(await flood(client, 50, (nth) => Buffer.concat([get(stream(nth), '/held'), reset(nth)])), 50);
  client.socket.write(get(stream(51), '/'));
  const answered = (): boolean =>
    client.frames().some(({ type, stream: of }) => type === TYPE.headers && of === stream(51));
  await until(async () => answered(), 'the next request is not answered');
  t.notOk(client.ended());
});

test('SETTINGS say how many streams there may be, and one more is refused without harm to the others', async (t) => {
  const upstream = await upstreamFor(t, () => undefined);
  const gateway = await gatewayOf(t, upstream.url, '  limits: { maxStreams: 7 }\n');
  const client = await clientOf(t, gateway.port('h2'));
  const settings = (): Frame | undefined =>
    client.frames().find(({ type, flags }) => type === TYPE.settings && flags === 0);
  await until(async () => settings() !== undefined, 'no SETTINGS came');
  const payload = settings()?.payload ?? Buffer.alloc(0);
  const said = Array.from({ length: payload.length / 6 }, (_, at) => [
    payload.readUInt16BE(6 * at),
    payload.readUInt32BE(6 * at + 2),
  ]);
  t.same(
    said.find(([id]) => id === 3),
    [3, 7],
  );
  client.socket.write(Buffer.concat(Array.from({ length: 8 }, (_, at) => get(stream(at + 1), '/'))));
  const resets = (): readonly number[] =>
    client
      .frames()
      .filter(({ type }) => type === TYPE.reset)
      .map((one) => one.stream);
  await until(
    async () => resets().length > 0 && upstream.seen.length === 7,
    () => `${upstream.seen.length} requests`,
  );
  t.same(resets(), [stream(8)]);
});

for (const [what, frame] of [
  ['PING (CVE-2019-9512)', toBytes({ type: PING, flags: 0, stream: 0, payload: Buffer.alloc(8) })],
  ['SETTINGS (CVE-2019-9515)', SETTINGS],
] as const)
  test(`${what} without end, of a client that reads its answers, ends the connection`, async (t) => {
    const upstream = await upstreamFor(t);
    const gateway = await gatewayOf(t, upstream.url);
    const client = await clientOf(t, gateway.port('h2'));
    const sent = await flood(client, 20_000, () => frame);
    await until(async () => client.ended(), 'the connection stays open');
    t.ok(sent >= 400 && sent < 2_000, `${sent} frames`);
    t.equal(client.goAway(), ENHANCE_YOUR_CALM);
    t.match(await gateway.cell.metrics(), 'postern_http2_sessions_ended_total{reason="control-frames"} 1');
  });

// nghttp2 sees to these by itself: the tests hold it to that.
test('a header block of too many CONTINUATION frames (CVE-2024-27316) ends the connection', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayOf(t, upstream.url);
  const client = await clientOf(t, gateway.port('h2'));
  const first = { type: TYPE.headers, flags: FLAG.endStream, stream: 1, payload: getBlock('/') };
  const next = { type: TYPE.continuation, flags: 0, stream: 1, payload: literal('x-a', 'a') };
  const sent = await flood(client, 1_000, (nth) => toBytes(nth === 1 ? first : next));
  await until(async () => client.ended(), 'the connection stays open');
  t.ok(sent < 1_000, `${sent} frames`);
  t.equal(upstream.seen.length, 0);
});

test('a client that reads no acknowledgement of its frames is cut off, and costs no memory', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayOf(t, upstream.url);
  const client = await clientOf(t, gateway.port('h2'));
  client.socket.pause();
  const before = process.memoryUsage().rss;
  const piece = Buffer.concat(Array.from({ length: 2_000 }, () => SETTINGS));
  let sent = 0;
  for (; sent < 100 && !client.ended(); sent += 1) {
    client.socket.write(piece);
    await wait(2);
  }
  client.socket.resume();
  await until(async () => client.ended(), 'the connection stays open');
  t.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
});
