import type { DecisionRecord, RecordedOutcome } from '@postern/model';
import { outcomeOf } from './record.ts';
import type { Rehearsal } from './rehearsal.ts';

/** One thing that came out otherwise. `recorded` and `replayed` are null where there was nothing. */
export interface Difference {
  /** `route`, `policy <name>` or `answer`. */
  readonly about: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** Holds what a replay came to against what was recorded: the route, policy by policy, the answer. Pure. */
export function differences(record: DecisionRecord, replayed: Rehearsal): readonly Difference[] {
  const now = replayed.exchange === undefined ? turned(replayed) : outcomeOf(replayed.exchange);
  const then = record.outcome;
  // Lines of another document say nothing about what it decides.
  const same = replayed.decision.digest === record.digest;
  const policies = new Set([...then.given, ...then.edits, ...now.given, ...now.edits].map(({ policy }) => policy));
  const unknown = new Set(
    replayed.decision.policies
      .filter(({ steps }) => steps.some(({ verdict }) => verdict === 'unknown' || verdict === 'would ask'))
      .map(({ policy }) => policy),
  );
  const pairs: Difference[] = [
    { about: 'route', recorded: routeOf(then), replayed: routeOf(now) },
    ...[...new Set([...policies, ...unknown])].map((policy) => ({
      about: `policy ${policy}`,
      recorded: partOf(then, policy, replayed.blind),
      replayed: unknown.has(policy) ? { verdict: 'unknown' } : partOf(now, policy, replayed.blind),
    })),
    { about: 'answer', recorded: answerOf(then, same), replayed: answerOf(now, same) },
  ];
  return pairs.filter((pair) => JSON.stringify(pair.recorded) !== JSON.stringify(pair.replayed));
}

function routeOf({ group, route }: RecordedOutcome): unknown {
  return { group, route };
}

/** Verdicts and edits of a policy. A policy that cannot read again what it read then said the same; its edits are not compared. */
function partOf({ given, edits }: RecordedOutcome, policy: string, blind: ReadonlySet<string>): unknown {
  const own = {
    verdicts: given.filter((one) => one.policy === policy),
    edits: blind.has(policy) ? [] : edits.filter((edit) => edit.policy === policy),
  };
  return own.verdicts.length + own.edits.length === 0 ? null : own;
}

function answerOf({ status, madeBy, policy, code, where, headers }: RecordedOutcome, same: boolean): unknown {
  return { status, madeBy, policy, code, ...(same ? { where } : {}), headers };
}

/** The gate of another document may turn away what passed then. */
function turned({ decision }: Rehearsal): RecordedOutcome {
  return { ...decision.answer, group: null, route: null, given: [], edits: [] };
}
