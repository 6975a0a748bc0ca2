import { sized } from '../kit/sized.ts';
import { bytesOf } from './case.ts';
import { Conversation } from './conversation.ts';
import type { Lane } from './fixture.ts';
import {
  FLAG,
  PREFACE,
  TYPE,
  get,
  getBlock,
  lengthOf,
  literal,
  readFrames,
  readStreams,
  toBytes,
} from './h2-frames.ts';
import type { Streams } from './h2-frames.ts';
import { echo } from './recorder.ts';
import { cleanProbe } from './run-case.ts';
import type { Probe, Seen, Transport } from './run-case.ts';

const SETTINGS = toBytes({ type: TYPE.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) });
const ACK = toBytes({ type: TYPE.settings, flags: FLAG.ack, stream: 0, payload: Buffer.alloc(0) });

/** Bytes of a client on the listener for HTTP/2; a probe on the same connection while it is open. */
export const h2: Transport = async (lane, row, probe) => {
  const bytes = bytesOf(row);
  const conversation = new Conversation(lane.h2c);
  await conversation.send(bytes);
  // A server that takes flow control seriously may want its settings acknowledged first.
  await conversation.until(() => conversation.received > 0);
  await conversation.send(ACK);
  const streams = await settle(conversation);
  const { answers, goAway, reset } = streams;
  const gone = conversation.closed || goAway !== undefined;
  const used = readFrames(bytes.subarray(PREFACE.length)).map(({ stream }) => stream);
  const same = gone ? undefined : await sameStream(conversation, Math.max(1, ...used) + 2, probe);
  if (goAway !== undefined) await conversation.until(() => false, 3_000);
  const { closed } = conversation;
  conversation.destroy();
  const more = goAway !== undefined && !closed ? ['the connection stayed open behind a GOAWAY'] : [];
  return { answers, closed: closed || goAway !== undefined, reset: reset.length > 0, same, more };
};

/** Waits until the connection is gone, or whatever was asked is answered or reset. */
async function settle(conversation: Conversation): Promise<Streams> {
  await conversation.until(() => {
    if (!conversation.quiet) return false;
    const { answers, reset, goAway } = readStreams(conversation.bytes);
    const over = reset.length > 0 || answers.final.at(-1)?.complete === true;
    return goAway !== undefined || over;
  });
  return readStreams(conversation.bytes);
}

async function sameStream(conversation: Conversation, stream: number, probe: Probe): Promise<Seen['same']> {
  const { target, expected } = probe();
  await conversation.send(get(stream, target));
  await conversation.settleOn(expected);
  return { answers: readStreams(conversation.bytes).answers, expected, closed: conversation.closed };
}

/** A flood that is sent piece by piece: behind each, the gateway has answered somebody else, so it has read the piece. */
interface Flood {
  readonly first: Buffer;
  readonly count: number;
  readonly each: (at: number) => Buffer;
  /** Of the flood in one piece. */
  readonly together: number;
  /** The client reads nothing. */
  readonly deaf?: boolean;
}

interface Flooded {
  readonly seen: Seen;
  /** How many were sent when the connection ended. */
  readonly sent: number;
  readonly bytes: number;
}

async function flood(lane: Lane, probe: Probe, { first, count, each, together, deaf }: Flood): Promise<Flooded> {
  const conversation = new Conversation(lane.h2c);
  if (deaf === true) conversation.socket.pause();
  await conversation.send(Buffer.concat([PREFACE, first]));
  let sent = 0;
  while (sent < count && !conversation.closed) {
    const piece = Array.from({ length: Math.min(together, count - sent) }, (_, at) => each(sent + at));
    await conversation.send(Buffer.concat(piece));
    sent += piece.length;
    await cleanProbe(lane.plain, probe);
    if (readStreams(conversation.bytes).goAway !== undefined) break;
  }
  conversation.socket.resume();
  await conversation.until(() => false, 3_000);
  const { answers, goAway, reset } = readStreams(conversation.bytes);
  const closed = conversation.closed || goAway !== undefined;
  conversation.destroy();
  const seen = { answers: { ...answers, final: [] }, closed, reset: count === 1 && reset.length > 0, same: undefined };
  return { seen, sent, bytes: conversation.sent };
}

function resetFrame(stream: number): Buffer {
  const payload = Buffer.from([0, 0, 0, 8]);
  return toBytes({ type: TYPE.reset, flags: 0, stream, payload });
}

/** HEADERS and RST_STREAM, again and again. */
const rapidReset: Transport = async (lane, row, probe) => {
  const each = (at: number): Buffer => Buffer.concat([get(1 + 2 * at, '/echo/h2'), resetFrame(1 + 2 * at)]);
  const { seen, sent } = await flood(lane, probe, { first: SETTINGS, count: 10_000, each, together: 100 });
  const most = row.expect.limits?.conn_closed_before_streams ?? Infinity;
  return { ...seen, more: sent > most ? [`${sent} streams were taken, not ${most}`] : [] };
};

/** A header block that never ends. */
const endless: Transport = async (lane, row, probe) => {
  const first = toBytes({ type: TYPE.headers, flags: FLAG.endStream, stream: 1, payload: getBlock('/echo/h2') });
  const payload = literal('x-a', 'a'.repeat(1016));
  const each = (): Buffer => toBytes({ type: TYPE.continuation, flags: 0, stream: 1, payload });
  const flooded = await flood(lane, probe, {
    first: Buffer.concat([SETTINGS, first]),
    count: 20_000,
    each,
    together: 8,
  });
  const most = (row.expect.limits?.conn_closed_after_kib ?? Infinity) * 1024;
  return { ...flooded.seen, more: flooded.bytes > most ? [`${flooded.bytes} bytes were taken, not ${most}`] : [] };
};

/** Streams that the server has to reset: each gets a window update of nothing. */
const madeToReset: Transport = async (lane, _row, probe) => {
  const working = new Set<object>();
  let most = 0;
  lane.u1.answering = (request, socket) => {
    if (request.target !== '/echo/h2') return echo(request, socket);
    working.add(socket);
    most = Math.max(most, working.size);
    const over = (): boolean => working.delete(socket);
    socket.once('close', over);
    setTimeout(() => over() && echo(request, socket), 200);
    return undefined;
  };
  const nothing = (stream: number): Buffer =>
    toBytes({ type: TYPE.windowUpdate, flags: 0, stream, payload: Buffer.alloc(4) });
  const each = (at: number): Buffer => Buffer.concat([get(1 + 2 * at, '/echo/h2'), nothing(1 + 2 * at)]);
  const { seen } = await flood(lane, probe, { first: SETTINGS, count: 10_000, each, together: 50 });
  lane.u1.answering = echo;
  return { ...seen, more: most > 100 ? [`${most} requests were in flight upstream, not 100`] : [] };
};

/** SETTINGS without end, of a client that reads no answer. */
const settingsFlood: Transport = async (lane, _row, probe) =>
  (await flood(lane, probe, { first: SETTINGS, count: 100_000, each: () => SETTINGS, together: 5_000, deaf: true }))
    .seen;

/** One field of 4 KiB in the table, and 16,000 references to it in one block. */
const bomb: Transport = async (lane, _row, probe) => {
  const value = 'a'.repeat(4_000);
  const entry = Buffer.concat([
    Buffer.from([0x40]),
    lengthOf('x-a'),
    Buffer.from('x-a'),
    lengthOf(value),
    Buffer.from(value),
  ]);
  const opening = Buffer.concat([getBlock('/echo/h2'), entry]);
  const head = toBytes({ type: TYPE.headers, flags: FLAG.endStream, stream: 1, payload: opening });
  const references = toBytes({
    type: TYPE.continuation,
    flags: FLAG.endHeaders,
    stream: 1,
    payload: Buffer.alloc(16_000, 0xbe),
  });
  const each = (): Buffer => Buffer.concat([head, references]);
  return (await flood(lane, probe, { first: SETTINGS, count: 1, each, together: 1 })).seen;
};

/** Many streams that ask for much, and a window that never opens. */
const shutWindow: Transport = async (lane, row) => {
  const whole = Buffer.alloc(10 * 1024 * 1024, 'a');
  lane.u1.answering = (request, socket) => {
    if (request.target !== '/echo/large') return echo(request, socket);
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${whole.length}\r\n\r\n`);
    socket.write(whole);
    return undefined;
  };
  const conversation = new Conversation(lane.h2c);
  await conversation.send(bytesOf(row));
  for (let at = 1; at < sized(150, 1000); at += 1) await conversation.send(get(1 + 2 * at, '/echo/large'));
  await conversation.until(() => false, 10_000);
  const { closed } = conversation;
  const { answers } = readStreams(conversation.bytes);
  conversation.destroy();
  lane.u1.answering = echo;
  return {
    answers: { ...answers, final: answers.final.slice(0, 1) },
    closed,
    same: undefined,
    more: closed ? [] : ['the connection stayed open'],
  };
};

/** Rows of HTTP/2 that are more than their bytes. */
export const BUILT: ReadonlyMap<string, Transport> = new Map([
  ['P-H2F-016', rapidReset],
  ['P-H2F-017', endless],
  ['P-H2F-018', madeToReset],
  ['P-H2F-019', settingsFlood],
  ['P-H2F-020', bomb],
  ['P-H2F-023', shutWindow],
]);
