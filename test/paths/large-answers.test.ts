/** Large answers are handed on without a copy, in memory that is read into again: no client may see another one's bytes. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** The bytes of one answer: no two have a block in common. */
function bodyOf(name: string, size: number): Buffer {
  const block = createHash('sha512').update(name).digest();
  const body = Buffer.alloc(size, block);
  for (let at = 0; at + 4 <= size; at += 64) body.writeUInt32BE(at, at);
  return body;
}

/** Bytes of answers: from what fits one read to more than the system holds for a connection. */
const SIZES = [12_000_000, 100, 9_000, 65_536, 12_000_000, 200_000];
const PIECE = 20_000;
const ANSWERS = SIZES.length;
const CLIENTS = 8;

/** Reads `count` answers of a connection, and stops reading every now and then; their bodies by digest. */
async function readAnswers(socket: Socket, framing: string, random: () => number): Promise<readonly string[]> {
  const digests: string[] = [];
  let bytes = Buffer.alloc(0);
  let hash = createHash('sha1');
  let stalled = 0;
  const more = async (): Promise<void> => {
    // Long enough for the system to be full, and then now and then.
    if (random() < 0.02 || digests.length === stalled) await wait(random() * 200);
    stalled = digests.length + 1;
    let chunk: unknown = socket.read();
    for (; chunk === null; chunk = socket.read()) await once(socket, 'readable');
    if (chunk instanceof Buffer) bytes = Buffer.concat([bytes, chunk]);
  };
  const line = async (): Promise<string> => {
    while (bytes.indexOf('\r\n') === -1) await more();
    const end = bytes.indexOf('\r\n');
    const text = bytes.toString('latin1', 0, end);
    bytes = bytes.subarray(end + 2);
    return text;
  };
  const take = async (size: number): Promise<void> => {
    for (let left = size; left > 0;) {
      if (bytes.length === 0) await more();
      const part = bytes.subarray(0, left);
      bytes = bytes.subarray(part.length);
      left -= part.length;
      hash.update(part);
    }
  };
  while (digests.length < ANSWERS) {
    hash = createHash('sha1');
    let length = 0;
    for (let text = await line(); text !== ''; text = await line())
      if (text.startsWith('content-length: ')) length = Number(text.slice(16));
    if (framing === 'length') await take(length);
    else
      for (let size = -1; size !== 0;) {
        size = Number.parseInt(await line(), 16);
        await take(size);
        await line();
      }
    digests.push(hash.digest('hex'));
  }
  return digests;
}

/** Sends in pieces smaller than what a socket holds back for its reader, one a turn: they come and wait one by one. */
function sendInPieces(response: ServerResponse, body: Buffer, from = 0): void {
  const next = from + PIECE;
  if (next >= body.length) return void response.end(body.subarray(from));
  const goOn = (): void => sendInPieces(response, body, next);
  if (response.write(body.subarray(from, next))) setImmediate(goOn);
  else response.once('drain', goOn);
}

for (const framing of ['length', 'chunked'])
  test(`large answers by ${framing}, to clients that read as they like, are each their own`, async (t) => {
    const random = chance(t);
    const upstream = await upstreamFor(t, (request, response) => {
      const [, size = '', name = ''] = request.url?.split('/') ?? [];
      const body = bodyOf(name, Number(size));
      if (framing === 'length') response.setHeader('content-length', body.length);
      response.flushHeaders();
      sendInPieces(response, body);
    });
    const gateway = await gatewayFor(
      t,
      `${SERVER}upstreams: [{ name: up, targets: ["${upstream.url}"] }]
apiGroups: [{ name: api, basePath: /, upstream: up }]
`,
    );
    let wrong = 0;
    const client = async (id: number): Promise<void> => {
      const socket = connect(gateway.port(), '127.0.0.1');
      const asked = SIZES.map((size, at) => ({ name: `${framing}-${id}-${at}`, size }));
      const answers = readAnswers(socket, framing, random);
      socket.write(asked.map(({ name, size }) => `GET /${size}/${name} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''));
      const digests = await answers;
      socket.destroy();
      for (const [at, { name, size }] of asked.entries())
        if (digests[at] !== createHash('sha1').update(bodyOf(name, size)).digest('hex')) wrong += 1;
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)));
    t.equal(wrong, 0, `of ${CLIENTS * ANSWERS}`);
  });
