import { setTimeout as wait } from 'node:timers/promises';
import { Conversation } from './conversation.ts';
import { movesOf } from './case.ts';
import type { BadInput, Move } from './case.ts';
import type { Lane } from './fixture.ts';
import { invariantViolations, isBadLine } from './invariants.ts';
import { violationsOf } from './judge.ts';
import type { CleanProbe, Health, Observation, SameProbe } from './observation.ts';
import type { Recording } from './recorder.ts';

/** What became of a case. */
export interface Outcome {
  readonly row: BadInput;
  /** Milliseconds that it took, probes and all. */
  readonly time: number;
  readonly must: readonly string[];
  readonly target: readonly string[];
}

/** What a transport has seen, without what is the same for all of them. */
export type Seen = Pick<Observation, 'answers' | 'closed' | 'reset' | 'same' | 'next'> & {
  /** Milliseconds from the beginning. */
  readonly answeredAfter?: number | undefined;
  readonly closedAfter?: number | undefined;
  /** Violations that only this transport can see. */
  readonly more?: readonly string[];
};

/** Plays a case on a lane. */
export type Transport = (lane: Lane, row: BadInput, probe: Probe) => Promise<Seen>;

/** The next probe: its target, and the body of its answer. */
export type Probe = () => { readonly target: string; readonly expected: string };

let probes = 0;

/** Plays a case on a lane, then looks whether all eight invariants hold. */
export async function runCase(lane: Lane, row: BadInput, transport: Transport): Promise<Outcome> {
  const { gateway, u1, u2, hostile } = lane;
  const own = new Set<string>();
  const probe: Probe = () => {
    probes += 1;
    const target = `/echo/probe-${process.pid}-${probes}`;
    own.add(target);
    return { target, expected: `echo GET ${target}` };
  };
  u1.take();
  u2.take();
  hostile.take();
  const begun = performance.now();
  const firstLine = gateway.lines.length;
  const contacts = lane.canary();
  const { turns } = await gateway.figures();
  const { more = [], answeredAfter: _answered, closedAfter: _closed, ...seen } = await transport(lane, row, probe);
  const clean = [
    await cleanProbe(lane.plain, probe),
    await cleanProbe(lane.plain, probe),
    await cleanProbe(lane.plain, probe),
  ];
  const [recorded, guarded, foe] = [u1.take(), u2.take(), hostile.take()];
  const unlogged = lane.foreignHost !== undefined ? [] : await unloggedOf(lane, firstLine, [recorded, guarded, foe]);
  const { p99 } = gateway.alive() ? await gateway.figures({ since: turns }) : { p99: 0 };
  const observation: Observation = {
    ...seen,
    u1: { ...recorded, requests: recorded.requests.filter(({ target }) => !own.has(target)) },
    u2: guarded,
    hostile: foe,
    canary: lane.canary() - contacts,
    upstreamHost: lane.foreignHost ?? `127.0.0.1:${u1.port}`,
  };
  const health: Health = {
    alive: gateway.alive(),
    probes: clean,
    unlogged,
    lines: gateway.lines.slice(firstLine).filter(isBadLine),
    p99,
  };
  const always = [...more, ...invariantViolations(row, observation, health)];
  return {
    row,
    time: performance.now() - begun,
    must: [...violationsOf(row, observation, 'must'), ...always],
    target: [...violationsOf(row, observation, 'target'), ...always],
  };
}

/** Bytes on one connection; a probe on the same one when it stays open. */
export const rawH1: Transport = (lane, row, probe) => playRaw({ lane, row, probe, moves: movesOf(row) });

/** The same with other moves. */
export async function playRaw({ lane, row, probe, moves }: Play): Promise<Seen> {
  const conversation = new Conversation(row.setup?.startsWith('cors:') === true ? lane.cors : lane.plain);
  await conversation.play(moves);
  await conversation.settle(row.expect.conn_close === true);
  const answers = conversation.answers();
  const { closed, answeredAfter, closedAfter } = conversation;
  const same = closed ? undefined : await sameProbe(conversation, probe);
  conversation.destroy();
  return { answers, closed, same, answeredAfter, closedAfter };
}

interface Play {
  readonly lane: Lane;
  readonly row: BadInput;
  readonly probe: Probe;
  readonly moves: readonly Move[];
}

/** A probe behind the bytes of a case. */
async function sameProbe(conversation: Conversation, probe: Probe): Promise<SameProbe> {
  const { target, expected } = probe();
  await conversation.send(Buffer.from(requestOf(target)));
  await conversation.settleOn(expected);
  return { answers: conversation.answers(), expected, closed: conversation.closed };
}

/** A clean request on a connection of its own. */
export async function cleanProbe(port: number, probe: Probe): Promise<CleanProbe> {
  const { target, expected } = probe();
  const conversation = new Conversation(port);
  await conversation.send(Buffer.from(requestOf(target)));
  await conversation.until(() => conversation.answers().final[0]?.complete === true);
  const answer = conversation.answers().final[0];
  conversation.destroy();
  return { expected, answer, time: performance.now() - conversation.begun };
}

function requestOf(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: gateway.test\r\n\r\n`;
}

/** Requests that went upstream without a word of the access log. A line may come a moment after the answer. */
async function unloggedOf(lane: Lane, firstLine: number, recordings: readonly Recording[]): Promise<readonly string[]> {
  const ids = recordings.flatMap(({ requests }) =>
    requests.map(
      ({ target, lines }) => lines.find(([name]) => name === 'x-request-id')?.[1] ?? `of ${target}, without an id`,
    ),
  );
  const missing = (): readonly string[] => {
    const logged = new Set(lane.gateway.lines.slice(firstLine).map((line) => /"requestId":"([^"]*)"/.exec(line)?.[1]));
    return ids.filter((id) => !logged.has(id));
  };
  for (let tries = 0; tries < 500 && missing().length > 0 && lane.gateway.alive(); tries += 1) await wait(10);
  return missing();
}

/** Plays many, as many at a time as there are lanes. */
export async function runAll(
  lanes: readonly Lane[],
  rows: readonly BadInput[],
  transport: Transport,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = rows.values();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const row of waiting) outcomes.push(await runCase(lane, row, transport));
    }),
  );
  return outcomes;
}
