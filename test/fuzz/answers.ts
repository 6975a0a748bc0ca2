import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { anyAnswer, MARK } from './answer-grammar.ts';
import type { Subject } from './campaign.ts';
import type { Front } from './front.ts';
import { piecesOf } from './input.ts';
import type { Input } from './input.ts';
import { isLoss, judgeAnswer } from './judge-answers.ts';
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

/** The subject, and what became of its answers so far. */
export interface Answers extends Subject {
  /** Those that had to come to their clients. */
  readonly certain: () => number;
  /**
   * Those of them that did not, because what another exchange left on the connection that both had, bytes or its end, came late:
   * no proxy can tell. The client gets a 502, and asked again it gets its answer.
   */
  readonly collateral: () => number;
}

let exchanges = 0;

async function say({ input, ends }: Script, socket: Socket): Promise<void> {
  for (const piece of piecesOf(input)) {
    if (socket.destroyed) return;
    socket.write(piece);
    if (input.cuts.length > 0) await wait(0);
  }
  if (ends) socket.end();
}

/** Answers of an upstream, valid and not, to one request of one client each. */
export function answersThrough(front: Front): Answers {
  const scripts = new Map<string, Script>();
  let certain = 0;
  let collateral = 0;
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
    const target = `/hostile/${mark}`;
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
    collateral: () => collateral,
    make: anyAnswer,
    async play(inputs) {
      const found: (readonly string[])[] = [];
      const waiting = inputs.entries();
      const lane = async (): Promise<void> => {
        for (const [at, input] of waiting) found[at] = await exchange(input);
      };
      await Promise.all(Array.from({ length: PARALLEL }, lane));
      await probe();
      for (const [at, violations] of found.entries()) {
        const input = inputs[at];
        if (input === undefined || inputs.length === 1 || !isLoss(violations)) continue;
        found[at] = await exchange(input);
        if (found[at].length === 0) collateral += 1;
      }
      const general = front.mistakes().map((line) => `a mistake in the log: ${line}`);
      if (!front.alive()) general.push('ended: the gateway has ended');
      front.upstream.take();
      const { malformed } = front.hostile.take();
      general.push(...malformed.map((said) => `malformed: upstream: ${said}`));
      return { found, general };
    },
  };
}
