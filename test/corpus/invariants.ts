import type { BadInput } from './case.ts';
import { SECRETS } from './document.ts';
import type { Health, Observation } from './observation.ts';

// Milliseconds of a quiet machine, stretched for a busy one.
const PROBE = 1_000 * 10;
const TURN = 100;
const STRETCH = 3;
// A field value may hold a tab; everything else below a space, and DEL, is a way to forge something.
// oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/** The eight invariants of the corpus, after any case; each violation begins with the number of its own. Pure. */
export function invariantViolations(row: BadInput, seen: Observation, health: Health): readonly string[] {
  const violations: string[] = [];
  if (!health.alive) violations.push('I1 the gateway has ended');
  for (const { answer, expected, time } of health.probes) {
    if (answer?.status !== 200 || answer.body !== expected)
      violations.push(`I2 a clean request got ${answer?.status} ${JSON.stringify(answer?.body.slice(0, 100))}`);
    else if (time > PROBE) violations.push(`I2 a clean request took ${Math.round(time)} ms`);
  }
  for (const bytes of [...seen.u1.malformed, ...seen.u2.malformed, ...seen.hostile.malformed])
    violations.push(`I3 an upstream got ${bytes}`);
  for (const { status } of seen.answers.final) if (status === 500) violations.push('I4 answered 500');
  if (seen.same !== undefined) violations.push(...sameViolations(row, seen, seen.same));
  if (health.p99 > (row.expect.limits?.event_loop_p99_ms ?? TURN) * STRETCH)
    violations.push(`I6 turns of the event loop took ${Math.round(health.p99)} ms of processor time`);
  for (const id of health.unlogged) violations.push(`I7 no policy ran on the request ${id}`);
  for (const line of health.lines) violations.push(`I8 in the log: ${line.slice(0, 300)}`);
  for (const { lines } of seen.answers.final)
    for (const [name, value] of lines) if (CONTROL.test(name + value)) violations.push(`I8 a control byte in ${name}`);
  for (const secret of Object.values(SECRETS))
    if (JSON.stringify(seen.answers.final).includes(secret)) violations.push('I8 an answer holds a secret');
  return violations;
}

/** A probe on the case's own connection gets its own answer, behind those of the case. */
function sameViolations(row: BadInput, seen: Observation, same: NonNullable<Observation['same']>): readonly string[] {
  const before = seen.answers.final.length;
  const after = same.answers.final.slice(before);
  const shown = after.map(({ status, body }) => `${status} ${JSON.stringify(body.slice(0, 60))}`).join(', ');
  if (same.answers.malformed !== undefined)
    return [`I5 bytes that are no answer: ${same.answers.malformed.slice(0, 100)}`];
  const own = after.filter(({ status, body }) => status === 200 && body === same.expected);
  // The bytes of the case were not the whole of a message: what came behind them may be part of it.
  const unfinished = before === 0;
  if (unfinished && same.closed && after.every(({ status }) => status >= 400 && status < 500)) return [];
  const most = Math.max(1, row.expect.upstream?.requests?.[1] ?? 1);
  if (own.length !== 1 || after.at(-1) !== own[0] || same.answers.final.length > most + 1)
    return [`I5 a probe on the same connection got [${shown}]${same.closed ? ' and the end' : ''}`];
  return [];
}

/** Whether a line of the log may not be there. */
export function isBadLine(line: string): boolean {
  return (
    CONTROL.test(line) ||
    Object.values(SECRETS).some((secret) => line.includes(secret)) ||
    /the gateway failed on a request|an error that nobody caught|unhandled|uncaught/i.test(line)
  );
}
