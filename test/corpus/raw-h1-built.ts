import { setTimeout as wait } from 'node:timers/promises';
import { sized } from '../kit/sized.ts';
import { Conversation } from './conversation.ts';
import { movesOf } from './case.ts';
import type { Lane } from './fixture.ts';
import { echo, write } from './recorder.ts';
import { cleanProbe, playRaw } from './run-case.ts';
import type { Seen, Transport } from './run-case.ts';

/** Scripts whose delays are divided, in gateways whose deadlines are shorter. */
const hurried =
  (hurry: number): Transport =>
  (lane, row, probe) =>
    playRaw({ lane, row, probe, moves: movesOf(row, hurry) });

/** Waits after each piece until the gateway has answered somebody else: it has read the piece by then, or never will. */
const paced: Transport = async (lane, row, probe) => {
  const conversation = new Conversation(lane.plain);
  const more: string[] = [];
  for (const move of movesOf(row)) {
    if (move.kind !== 'send') continue;
    const piece = Math.max(1, Math.floor(8192 / move.bytes.length));
    for (let count = 0; count < move.times && !conversation.closed; count += piece) {
      await conversation.send(
        Buffer.concat(Array.from({ length: Math.min(piece, move.times - count) }, () => move.bytes)),
      );
      await cleanProbe(lane.plain, probe);
    }
  }
  const most = row.expect.limits?.bytes_accepted_max ?? Infinity;
  if (conversation.sent > most) more.push(`${conversation.sent} bytes were taken, not ${most}`);
  await conversation.settle(row.expect.conn_close === true);
  const { closed, answeredAfter, closedAfter } = conversation;
  conversation.destroy();
  return { answers: conversation.answers(), closed, same: undefined, answeredAfter, closedAfter, more };
};

/** A client that asks for 50 MB and reads none of it for a while. */
const stalled: Transport = async (lane, row) => {
  lane.u1.answering = (request, socket) => {
    const [, bytes] = /bytes=(\d+)/.exec(request.target) ?? [];
    if (bytes === undefined) echo(request, socket);
    else write(request, socket, 'a'.repeat(Number(bytes)));
  };
  const conversation = new Conversation(lane.plain);
  await conversation.play(movesOf(row, 10));
  conversation.socket.resume();
  // The head and some of the body: what the rest is, the upstream knows.
  await conversation.until(() => conversation.received > 65_536);
  conversation.destroy();
  lane.u1.answering = echo;
  return { answers: conversation.answers(), closed: conversation.closed, same: undefined };
};

/** Opens many connections, some hundred at a time: a listener's queue is shorter than that. */
async function openMany(
  port: number,
  count: number,
  begin: (one: Conversation) => Promise<void>,
): Promise<Conversation[]> {
  const many: Conversation[] = [];
  while (many.length < count) {
    const some = Array.from({ length: Math.min(200, count - many.length) }, () => new Conversation(port));
    many.push(...some);
    await Promise.all(some.map((one) => begin(one)));
  }
  return many;
}

function connected(one: Conversation): Promise<void> {
  return one.until(() => !one.socket.connecting);
}

/** Waits until all were closed by the gateway; what the row is judged by is the first of them. */
async function allClosed(many: readonly Conversation[]): Promise<Seen> {
  for (const one of many) await one.until(() => false);
  const left = many.filter(({ closed }) => !closed).length;
  for (const one of many) one.destroy();
  const [first] = many;
  const answers = first?.answers() ?? { final: [], informational: [], malformed: undefined };
  const closedAfter = Math.max(...many.map((one) => one.closedAfter ?? Infinity));
  const more = left > 0 ? [`${left} of ${many.length} connections stayed open`] : [];
  return { answers, closed: left === 0, same: undefined, closedAfter, more };
}

/** Thousands of connections that send nothing, and one request that is as good as any. */
const silent: Transport = async (lane, _row, probe) => {
  const many = await openMany(lane.plain, sized(500, 5000), connected);
  const legitimate = await cleanProbe(lane.plain, probe);
  const { more = [], ...seen } = await allClosed(many);
  const wrong = legitimate.answer?.status === 200 ? [] : ['an honest client beside them was not served'];
  return { ...seen, more: [...more, ...wrong] };
};

/** Thousands of connections, one request each, then nothing. */
const idle: Transport = async (lane) => {
  const request = Buffer.from('GET /echo/idle HTTP/1.1\r\nHost: gateway.test\r\n\r\n');
  const many = await openMany(lane.plain, sized(200, 2000), async (one) => {
    await one.send(request);
    await one.until(() => one.bytes.includes('echo GET /echo/idle'));
  });
  const unserved = many.filter((one) => !one.bytes.includes('echo GET /echo/idle')).length;
  const { more = [], ...seen } = await allClosed(many);
  return { ...seen, more: unserved > 0 ? [...more, `${unserved} of ${many.length} were not served`] : more };
};

/** Requests that are reset 1 to 20 ms after they were sent; the upstream takes 100 ms. */
const reset: Transport = async (lane, _row, probe) => {
  const working = new Set<object>();
  lane.u1.answering = (request, socket) => {
    if (request.target !== '/echo/reset') return echo(request, socket);
    working.add(socket);
    const over = (): boolean => working.delete(socket);
    socket.once('close', over);
    setTimeout(() => over() && echo(request, socket), 100);
    return undefined;
  };
  const before = await lane.gateway.figures();
  const count = sized(500, 10_000);
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const one = new Conversation(lane.plain);
      await one.send(Buffer.from('GET /echo/reset HTTP/1.1\r\nHost: gateway.test\r\n\r\n'));
      await wait(1 + ((begun * 7) % 20));
      one.socket.resetAndDestroy();
    }
  };
  await Promise.all(Array.from({ length: 50 }, client));
  const more = await settled(lane, { working, handles: before.handles });
  lane.u1.answering = echo;
  const { answer } = await cleanProbe(lane.plain, probe);
  const final = answer === undefined ? [] : [answer];
  return { answers: { final, informational: [], malformed: undefined }, closed: false, same: undefined, more };
};

/** Waits for what the aborted requests had taken to be given back. */
async function settled(
  lane: Lane,
  { working, handles }: { readonly working: ReadonlySet<object>; readonly handles: number },
): Promise<readonly string[]> {
  let now = handles;
  for (let tries = 0; tries < 100; tries += 1) {
    now = (await lane.gateway.figures()).handles;
    if (working.size === 0 && now <= handles + 10) return [];
    await wait(100);
  }
  return [`${working.size} requests upstream and ${now - handles} handles more than before are left`];
}

/** Rows of raw HTTP/1 that are more than their bytes. */
export const BUILT: ReadonlyMap<string, Transport> = new Map([
  ['P-CHK-016', paced],
  ['P-RES-001', hurried(4)],
  ['P-RES-002', hurried(4)],
  ['P-RES-003', stalled],
  ['P-RES-004', silent],
  ['P-RES-007', idle],
  ['P-RES-008', reset],
]);

/** How the two groups of P-PTH-029 are asked: the first is asked before the second, whose answer counts. */
export async function askBoth(lane: Lane, targets: readonly string[]): Promise<Seen> {
  let seen: Seen | undefined;
  for (const target of targets) {
    const conversation = new Conversation(lane.plain);
    await conversation.send(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: gateway.test\r\n\r\n`));
    await conversation.settle(false);
    seen = { answers: conversation.answers(), closed: conversation.closed, same: undefined };
    conversation.destroy();
  }
  if (seen === undefined) throw new Error('nothing to ask');
  return seen;
}
