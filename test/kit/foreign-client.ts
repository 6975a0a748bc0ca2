import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A NATS client of a few lines that shares no code with ours: the plain protocol over a socket. What it can do, anything
 * that speaks NATS can.
 */
export interface ForeignClient {
  /**
   * Puts a value of a key-value bucket; resolves with its revision, rejects with what the server said. Where the bucket is not
   * there yet it is tried again: a node makes it, and a busy machine lets it take its time.
   */
  put(
    bucket: string,
    key: string,
    value: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): Promise<number>;
  /** Asks the JetStream API: `STREAM.DELETE.KV_postern`. */
  api(subject: string, request?: unknown): Promise<Record<string, unknown>>;
  close(): void;
}

/** What is said of a subject that nobody listens to. */
const NO_RESPONDERS = 'no responders';
/** Milliseconds: longer than a node takes to make its bucket on a busy machine. */
const LONGEST = 60_000;

/** Connects to a server. */
export async function foreignClient(
  port: number,
  options: { user?: string; pass?: string } = {},
): Promise<ForeignClient> {
  const socket = connect(port, '127.0.0.1');
  // A frame is written in parts: waiting for the acknowledgement of one would cost 40 ms.
  socket.setNoDelay(true);
  const answers = new Map<string, PromiseWithResolvers<string>>();
  // Which of the requests an error is about is not said; nothing that a test waits for goes without an answer.
  const fail = (reason: Error): void => {
    for (const { reject } of answers.values()) reject(reason);
    answers.clear();
  };
  read(
    socket,
    (subject, payload) => answers.get(subject)?.resolve(payload),
    (reason) => fail(new Error(reason)),
  );
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection is closed')));
  // Without `no_responders` what is put into a bucket that is not there is never answered.
  const more = { verbose: false, headers: true, no_responders: true, lang: 'none', version: '0' };
  socket.write(`CONNECT ${JSON.stringify({ ...more, ...options })}\r\n`);
  let count = 0;
  const request = async (subject: string, payload: Uint8Array, head = ''): Promise<Record<string, unknown>> => {
    if (socket.closed) throw new Error('the connection is closed');
    count += 1;
    const inbox = `_INBOX.foreign.${process.pid}.${count}`;
    const answer = Promise.withResolvers<string>();
    answers.set(inbox, answer);
    socket.write(`SUB ${inbox} ${count}\r\n`);
    const length = Buffer.byteLength(head);
    if (head === '') socket.write(`PUB ${subject} ${inbox} ${payload.length}\r\n`);
    else socket.write(`HPUB ${subject} ${inbox} ${length} ${length + payload.length}\r\n${head}`);
    socket.write(payload);
    socket.write('\r\n');
    const parsed = JSON.parse(await answer.promise);
    answers.delete(inbox);
    if (parsed.error === undefined) return parsed;
    throw new Error(parsed.error.description);
  };
  const publish = async (subject: string, payload: Uint8Array, head: string): Promise<Record<string, unknown>> => {
    for (const end = performance.now() + LONGEST; ;) {
      try {
        return await request(subject, payload, head);
      } catch (error) {
        const absent = error instanceof Error && error.message === NO_RESPONDERS;
        if (!absent || performance.now() > end) throw error;
        await delay(20);
      }
    }
  };
  return {
    async put(bucket, key, value, headers = {}) {
      const lines = Object.entries(headers).map(([name, text]) => `${name}: ${text}\r\n`);
      const head = lines.length === 0 ? '' : `NATS/1.0\r\n${lines.join('')}\r\n`;
      const { seq } = await publish(`$KV.${bucket}.${key}`, Buffer.from(value), head);
      return Number(seq);
    },
    api: (subject, body) => request(`$JS.API.${subject}`, Buffer.from(body === undefined ? '' : JSON.stringify(body))),
    close: () => void socket.destroy(),
  };
}

/** Reads MSG frames, answers PING, hands on -ERR. */
function read(
  socket: Socket,
  message: (subject: string, payload: string) => void,
  error: (reason: string) => void,
): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\r\n');
      if (end === -1) return;
      const line = rest.subarray(0, end).toString();
      const [verb = '', subject = '', ...words] = line.split(' ');
      if (verb === 'MSG' || verb === 'HMSG') {
        const length = Number(words.at(-1));
        const head = verb === 'HMSG' ? Number(words.at(-2)) : 0;
        if (rest.length < end + 4 + length) return;
        const payload = rest.subarray(end + 2 + head, end + 2 + length).toString();
        // A server without responders for a subject says so in a header.
        message(subject, payload === '' ? JSON.stringify({ error: { description: NO_RESPONDERS } }) : payload);
        rest = rest.subarray(end + 4 + length);
        continue;
      }
      if (verb === 'PING') socket.write('PONG\r\n');
      if (verb === '-ERR') error(line);
      rest = rest.subarray(end + 2);
    }
  });
}
