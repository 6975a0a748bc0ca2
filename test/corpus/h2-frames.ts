import type { Answer, Answers } from './answer-reader.ts';

/** Types of frames (RFC 9113 section 6) that the corpus uses. */
export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A frame of a connection of HTTP/2. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Its bytes. */
export function toBytes({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A field as a literal that no table keeps: it means the same at any time. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x10]), lengthOf(name), Buffer.from(name), lengthOf(value), Buffer.from(value)]);
}

/** An integer of HPACK with a prefix of seven bits. */
export function lengthOf(text: string): Buffer {
  if (text.length < 127) return Buffer.from([text.length]);
  const bytes = [127];
  let rest = text.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The header block of a good GET. */
export function getBlock(path: string): Buffer {
  return Buffer.concat([
    literal(':method', 'GET'),
    literal(':scheme', 'http'),
    literal(':authority', 'gateway.test'),
    literal(':path', path),
  ]);
}

/** A good GET on a stream. */
export function get(stream: number, path: string): Buffer {
  return toBytes({ type: TYPE.headers, flags: FLAG.endStream | FLAG.endHeaders, stream, payload: getBlock(path) });
}

/** Whole frames from the beginning of `bytes`. */
export function readFrames(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at + 9 <= bytes.length) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const stream = bytes.readUInt32BE(at + 5) % 2 ** 31;
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      stream,
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

/** What a client of HTTP/2 got. */
export interface Streams {
  /** One for each stream that was answered, in the order of the streams. Of a head, the status alone. */
  readonly answers: Answers;
  /** Streams that were reset. */
  readonly reset: readonly number[];
  /** The error code of a GOAWAY. */
  readonly goAway: number | undefined;
}

/** Takes apart what a client got. */
export function readStreams(bytes: Buffer): Streams {
  const streams = new Map<number, Answer>();
  const reset: number[] = [];
  let goAway: number | undefined;
  for (const { type, flags, stream, payload } of readFrames(bytes)) {
    const before = streams.get(stream);
    const complete = (flags & FLAG.endStream) !== 0;
    if (type === TYPE.headers && before === undefined)
      streams.set(stream, { status: statusOf(payload), lines: [], body: '', complete });
    else if (type === TYPE.headers && before !== undefined) streams.set(stream, { ...before, complete });
    else if (type === TYPE.data && before !== undefined)
      streams.set(stream, { ...before, body: before.body + payload.toString('latin1'), complete });
    else if (type === TYPE.reset) reset.push(stream);
    else if (type === TYPE.goAway) goAway = payload.readUInt32BE(4);
  }
  const final = [...streams].sort(([one], [other]) => one - other).map(([, answer]) => answer);
  return { answers: { final, informational: [], malformed: undefined }, reset, goAway };
}

/** Statuses of HPACK's static table, from its entry 8 on. */
const STATUSES = [200, 204, 206, 304, 400, 404, 500];
/** Digits in HPACK's Huffman code. */
const DIGITS = ['00000', '00001', '00010', '011001', '011010', '011011', '011100', '011101', '011110', '011111'];

/** The status of a block that begins with it, as servers write it; 0 when it is written in another way. */
function statusOf(block: Buffer): number {
  let at = 0;
  // An update of the table's size may come first.
  while (((block[at] ?? 0) & 0xe0) === 0x20) at += 1;
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return STATUSES[(first & 0x7f) - 8] ?? 0;
  const length = block[at + 1] ?? 0;
  const text = block.subarray(at + 2, at + 2 + (length & 0x7f));
  if ((length & 0x80) === 0) return Number(text.toString('latin1'));
  let bits = [...text].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let status = '';
  while (status.length < 3) {
    const digit = DIGITS.findIndex((code) => bits.startsWith(code));
    if (digit === -1) return 0;
    status += String(digit);
    bits = bits.slice(DIGITS[digit]?.length);
  }
  return Number(status);
}
