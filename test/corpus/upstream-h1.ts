import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { sized } from '../kit/sized.ts';
import { bytesOf } from './case.ts';
import type { BadInput } from './case.ts';
import { Conversation } from './conversation.ts';
import type { Lane } from './fixture.ts';
import { echo } from './recorder.ts';
import type { Seen, Transport } from './run-case.ts';
import type { StrictRequest } from './strict-reader.ts';

/** What a hostile upstream does once it has read the first request. */
type Deed = (socket: Socket, request: StrictRequest) => void;

/** GETs of P-UPS-024. */
const ASKS = sized(200, 100_000);
const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL';

/** Writes again and again, as fast as it is taken, until the gateway has had enough. */
function forever(socket: Socket, bytes: string, times: number): void {
  let left = times;
  const piece = bytes.repeat(64);
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 64;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Rows whose upstream does more than write their bytes. */
const DEEDS: ReadonlyMap<string, (row: BadInput) => Deed> = new Map<string, (row: BadInput) => Deed>([
  [
    'P-UPS-002',
    () => (socket, request) => {
      echo(request, socket);
      setTimeout(() => socket.write(EVIL), 50);
    },
  ],
  ['P-UPS-005', (row) => (socket) => void socket.end(bytesOf(row))],
  ['P-UPS-006', (row) => (socket) => void socket.end(bytesOf(row))],
  [
    'P-UPS-008',
    () => (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      forever(socket, `X-A: ${'a'.repeat(1017)}\r\n`, 100_000);
    },
  ],
  ['P-UPS-009', (row) => (socket) => forever(socket, bytesOf(row).toString('latin1'), 100_000)],
  ['P-UPS-022', () => () => undefined],
  ['P-UPS-023', () => (socket) => void socket.resetAndDestroy()],
]);

/** The upstream of a lane does the row's deed on its first request, and answers all others as it should. */
export const upstreamH1: Transport = async (lane, row) => {
  const deed = DEEDS.get(row.id)?.(row) ?? ((socket: Socket) => void socket.write(bytesOf(row)));
  let first = true;
  lane.hostile.answering = (request, socket) => {
    if (!first) return echo(request, socket);
    first = false;
    return deed(socket, request);
  };
  const method = row.construction === 'client sends HEAD' ? 'HEAD' : 'GET';
  const seen = await ask(lane, method, '/hostile/case');
  // A surplus answer may come a moment later: what it poisons is the next exchange.
  await wait(100);
  return withNext(lane, seen);
};

/** One request, to the end of what is said on it. */
export async function ask(lane: Lane, method: string, target: string): Promise<Seen> {
  const conversation = await sent(lane, method, target);
  await conversation.settle(false);
  return seenOf(conversation);
}

/**
 * One GET, to its answer and no further: what is asked a hundred thousand times waits for no silence, and resets its
 * connections, as those that are ended hold their ports for a minute.
 */
async function askBriefly(lane: Lane, target: string): Promise<Seen> {
  const conversation = await sent(lane, 'GET', target);
  await conversation.until(() => conversation.answers().final[0]?.complete === true);
  conversation.socket.resetAndDestroy();
  return seenOf(conversation);
}

async function sent(lane: Lane, method: string, target: string): Promise<Conversation> {
  const conversation = new Conversation(lane.plain, method === 'HEAD');
  await conversation.send(
    Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 0\r\n\r\n`),
  );
  return conversation;
}

/** What came, and the end of the connection. */
function seenOf(conversation: Conversation): Seen {
  const { closed, answeredAfter } = conversation;
  conversation.destroy();
  return { answers: conversation.answers(), closed, same: undefined, answeredAfter };
}

/** Another client asks the same upstream: it gets its own answer and nobody else's. */
async function withNext(lane: Lane, seen: Seen): Promise<Seen> {
  const { answers } = await ask(lane, 'GET', '/hostile/next');
  const [next] = answers.final;
  const own = next?.status === 200 && next.body === 'echo GET /hostile/next' && answers.final.length === 1;
  const more = own ? [] : [`the next client got ${JSON.stringify(answers).slice(0, 300)}`];
  return { ...seen, next, more: [...(seen.more ?? []), ...more] };
}

/** A POST of 10 MiB that is answered behind its first bytes. */
export const earlyAnswer: Transport = async (lane) => {
  lane.hostile.instead = (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    socket.on('error', () => undefined);
  };
  const conversation = new Conversation(lane.plain);
  const length = 10 * 1024 * 1024;
  await conversation.send(
    Buffer.from(`POST /hostile/case HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: ${length}\r\n\r\n`),
  );
  // Were unread bytes of the body taken for a request, this one would be it.
  const piece = Buffer.from('GET /hostile/smuggled HTTP/1.1\r\nHost: gateway.test\r\n\r\n'.padEnd(1024, 'a'));
  await conversation.play([{ kind: 'send', bytes: piece, times: length / piece.length, delay: 0 }]);
  await conversation.settle(false);
  const { closed } = conversation;
  conversation.destroy();
  lane.hostile.instead = undefined;
  return withNext(lane, { answers: conversation.answers(), closed, same: undefined });
};

/** Idle sockets are closed 0 to 20 ms after their answer, without a word: no GET may be lost to that. */
export const closesIdle: Transport = async (lane) => {
  let count = 0;
  lane.hostile.answering = (request, socket) => {
    count += 1;
    echo(request, socket);
    setTimeout(() => socket.end(), (count * 7) % 21);
  };
  const lost: string[] = [];
  let last: Seen | undefined;
  let asked = 0;
  const client = async (): Promise<void> => {
    while (asked < ASKS) {
      asked += 1;
      const target = `/hostile/idle-${asked}`;
      const seen = await askBriefly(lane, target);
      if (seen.answers.final[0]?.body !== `echo GET ${target}`) lost.push(JSON.stringify(seen.answers.final));
      else last = seen;
      await wait(asked % 23);
    }
  };
  await Promise.all(Array.from({ length: sized(8, 64) }, client));
  lane.hostile.answering = echo;
  if (last === undefined) throw new Error(`all were lost: ${lost[0]}`);
  return { ...last, more: lost.length > 0 ? [`${lost.length} of ${asked} were lost: ${lost[0]}`] : [] };
};

/** The same deed on a POST, which must not be tried again. */
export async function postOnce(lane: Lane, deed: Deed): Promise<number> {
  let count = 0;
  lane.hostile.answering = (request, socket) => {
    count += 1;
    deed(socket, request);
  };
  await ask(lane, 'POST', '/hostile/post');
  lane.hostile.answering = echo;
  return count;
}
