import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { anyAnswer, MARK } from './answer-grammar.ts';
import type { Subject } from './campaign.ts';
import type { Front } from './front.ts';
import { piecesOf } from './input.ts';
import type { Input } from './input.ts';
import { judgeAnswer } from './judge-answers.ts';
import { PARALLEL, play, probeOf } from './play.ts';
import { readAnswer } from './reading-answer.ts';
import type { AnswerReading } from './reading-answer.ts';

/** What an upstream is going to answer to one request. */
interface Script {
  readonly input: Input;
  readonly reading: AnswerReading;
  /** It ends the connection behind its bytes. */
  readonly ends: boolean;
}

/** The subject, and how many of its answers had to come to their clients so far. */
export interface Answers extends Subject {
  readonly certain: () => number;
}

let exchanges = 0;

/**
 * What stands behind an answer, surplus bytes or the end, leaves in one write with the last of it: later the connection may carry
 * another exchange, and nobody could tell whose it is.
 */
async function say({ input, ends, reading }: Script, socket: Socket): Promise<void> {
  const { text, cuts } = input;
  const most = reading.kind === 'whole' ? reading.end : text.length;
  const pieces = piecesOf({ text, cuts: cuts.filter((at) => at < most) });
  for (const [at, piece] of pieces.entries()) {
    if (socket.destroyed) return;
    if (ends && at === pieces.length - 1) socket.end(piece);
    else socket.write(piece);
    if (at < pieces.length - 1) await wait(0);
  }
}

/** Answers of an upstream, valid and not, to one request of one client each. */
export function answersThrough(front: Front): Answers {
  const scripts = new Map<string, Script>();
  let certain = 0;
  front.hostile.answering = ({ target }, socket) => {
    const script = scripts.get(target);
    if (script === undefined) socket.end();
    else void say(script, socket);
  };
  const probe = probeOf(front.port, '/echo/probe');

  const exchange = async (input: Input): Promise<readonly string[]> => {
    exchanges += 1;
    const mark = `n${String(exchanges).padStart(8, '0')}n`;
    const text = input.text.replaceAll(MARK, mark);
    const luck = crc32(input.text);
    const method = luck % 11 === 0 ? 'HEAD' : 'GET';
    const reading = readAnswer(text, method === 'HEAD');
    const stays = reading.kind === 'whole' && !reading.endsWithConnection && luck % 4 !== 0;
    const target = `/hostile/${luck % 3 === 0 ? 'read/' : ''}${mark}`;
    scripts.set(target, { input: { text, cuts: input.cuts }, reading, ends: !stays });
    const request = `${method} ${target} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`;
    const { answers, stalled } = await play(front.port, { text: request, cuts: [] }, probe);
    scripts.delete(target);
    if (reading.kind === 'whole' && reading.answer.usual) certain += 1;
    return judgeAnswer({ answers, stalled, reading, mark, toHead: method === 'HEAD' });
  };

  return {
    name: 'answers',
    batch: 120,
    certain: () => certain,
    make: anyAnswer,
    async play(inputs) {
      const found: (readonly string[])[] = [];
      const waiting = inputs.entries();
      const lane = async (): Promise<void> => {
        for (const [at, input] of waiting) found[at] = await exchange(input);
      };
      await Promise.all(Array.from({ length: PARALLEL }, lane));
      await probe();
      const general = front.mistakes().map((line) => `a mistake in the log: ${line}`);
      if (!front.alive()) general.push('ended: the gateway has ended');
      front.upstream.take();
      const { malformed } = front.hostile.take();
      general.push(...malformed.map((said) => `malformed: upstream: ${said}`));
      return { found, general };
    },
  };
}
