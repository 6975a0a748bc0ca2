import type { Answer } from './answer-reader.ts';
import type { BadInput, Fate } from './case.ts';
import { clientViolations } from './judge-client.ts';
import { upstreamViolations } from './judge-upstream.ts';
import type { Observation } from './observation.ts';

/** Which of a row's two expectations: `must` is a gate, `target` a second figure. */
export type Wanted = 'must' | 'target';

/** What is wrong with what was seen, by what the row expects; nothing, when all is well. Pure. */
export function violationsOf(row: BadInput, seen: Observation, wanted: Wanted): readonly string[] {
  const { expect } = row;
  const violations = [...fateViolations(row, seen, expect[wanted]), ...clientViolations(row, seen)];
  if (row.transport !== 'upstream-h1') violations.push(...upstreamViolations(row, seen));
  if (expect.conn_close === true && !seen.closed) violations.push('the connection stayed open');
  if (seen.answers.malformed !== undefined)
    violations.push(`the client got bytes that are no answer: ${JSON.stringify(seen.answers.malformed.slice(0, 200))}`);
  return violations;
}

function fateViolations(row: BadInput, seen: Observation, fate: Fate): readonly string[] {
  const statuses = seen.answers.final.map(({ status }) => status);
  // A hostile upstream gets its request, whatever becomes of its answer.
  const forwarded = row.transport === 'upstream-h1' ? 0 : seen.u1.requests.length + seen.u2.requests.length;
  switch (fate) {
    case 'reject':
      return rejectViolations(row, { statuses, forwarded, closed: seen.closed || seen.reset === true });
    case 'local': {
      const violations = statuses.length === 1 ? [] : [`${statuses.length} answers, not one`];
      if (forwarded > 0) violations.push('an upstream got a request that the gateway answers itself');
      return [...violations, ...statusViolations(row, statuses)];
    }
    case 'forward':
      if (row.transport !== 'upstream-h1' && forwarded === 0) return [`no upstream got it: ${shown(seen)}`];
      return forwardViolations(row, seen, statuses);
    case 'either':
      if (row.transport === 'upstream-h1')
        return statusViolations(
          row,
          statuses.filter((one) => madeHere(one, row)),
        );
      if (forwarded === 0)
        return rejectViolations(row, { statuses, forwarded, closed: seen.closed || seen.reset === true });
      return forwardViolations(row, seen, statuses);
    default:
      return fate satisfies never;
  }
}

interface Refusal {
  readonly statuses: readonly number[];
  readonly forwarded: number;
  readonly closed: boolean;
}

function rejectViolations(row: BadInput, { statuses, forwarded, closed }: Refusal): readonly string[] {
  const violations: string[] = [];
  // Of a flood, some may pass before it is known for one; and an upstream's answer is refused after it was asked.
  const asked = row.expect.status?.includes(502) === true ? row.expect.upstream?.requests?.[1] : undefined;
  if (forwarded > (row.expect.limits?.upstream_requests_max ?? asked ?? 0))
    violations.push(`${forwarded} requests went upstream`);
  if (statuses.length === 0 && !closed) violations.push('neither an answer nor the end of the connection');
  if (statuses.length > 1) violations.push(`${statuses.length} answers to what is refused`);
  for (const status of statuses) if (status < 400) violations.push(`answered ${status}`);
  return [...violations, ...statusViolations(row, statuses)];
}

function forwardViolations(row: BadInput, seen: Observation, statuses: readonly number[]): readonly string[] {
  const { status, upstream } = row.expect;
  const most = Math.max(1, upstream?.requests?.[1] ?? 1);
  const violations: string[] = [];
  const [first] = statuses;
  const good = status?.filter((one) => one < 400) ?? [];
  // Bytes behind a whole request may end its connection before its answer.
  if (first === undefined) {
    if (row.expect.must === 'forward' || !(seen.closed || seen.reset === true))
      violations.push('no answer to what was sent on');
  } else if (good.length > 0 ? !status?.includes(first) : row.expect.must === 'forward' && first !== 200)
    violations.push(`answered ${first}`);
  // What comes behind the request is a request of its own, and one that is refused ends the connection.
  const [, refusal] = statuses.slice(most - 1);
  const surplus = statuses.length - most;
  if (surplus > 1 || (surplus === 1 && (refusal === undefined || refusal < 400 || !seen.closed)))
    violations.push(`${statuses.length} answers (${statuses.join(', ')}) to at most ${most} requests`);
  return violations;
}

/** Whether an answer to a request with a hostile upstream counts: one that was passed on does where the row names such ones. */
function madeHere(status: number, { expect }: BadInput): boolean {
  const passedOn = status < 500 || status > 599;
  return !passedOn || expect.status?.some((one) => one < 500) === true;
}

/** An answer of 500 is a bug, whatever the row. */
function statusViolations(row: BadInput, statuses: readonly number[]): readonly string[] {
  const { status } = row.expect;
  if (status === undefined) return [];
  return statuses.filter((one) => !status.includes(one)).map((one) => `answered ${one}, not ${status.join(' or ')}`);
}

function shown({ answers, closed }: Observation): string {
  const statuses = answers.final.map(({ status }: Answer) => status).join(', ');
  return `answers [${statuses}]${closed ? ', closed' : ''}`;
}
