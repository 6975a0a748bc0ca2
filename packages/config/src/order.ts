import type { Absent, Attached, Condition, Level } from '@postern/model';
import type { Use } from './attach.ts';
import { fold, readsGround } from './condition/fold.ts';
import type { Ground } from './condition/fold.ts';

const NARROWNESS: Readonly<Record<Level, number>> = { gateway: 0, group: 1, route: 2, consumer: 3 };

/** Uses of a `single` plugin that say what counts: those of the narrowest level that has any. */
export function countingOf(uses: readonly Use[], plugin: string): readonly Use[] {
  const all = uses.filter(({ policy, mode }) => policy.plugin === plugin && mode !== 'shadow');
  const narrowest = Math.max(...all.map(({ level }) => NARROWNESS[level]));
  return all.filter(({ level }) => NARROWNESS[level] === narrowest);
}

/** The first enforced use of each policy, by name. */
function enforcedOf(uses: readonly Use[]): ReadonlyMap<string, Use> {
  const enforced = new Map<string, Use>();
  for (const use of uses)
    if (use.mode === 'enforce' && !enforced.has(use.policy.name)) enforced.set(use.policy.name, use);
  return enforced;
}

/** What runs on a route, in order, and what does not, with the reason. */
export interface Ordered {
  readonly pipeline: readonly Attached[];
  readonly absent: readonly Absent[];
}

/**
 * The pipeline that joined lists give: of a `single` plugin the narrowest enforced policy alone, with the shadow ones beside it;
 * nothing that is off; each policy once, at its first place. Where a policy is in shadow and enforced on the same route, it is
 * enforced: a guard must not be lost to a wider list that only tries it. Conditions that names and labels decide are settled
 * last: they say whether a policy runs, never which of several counts. Without a ground they are left for the request.
 */
export function order(uses: readonly Use[], ground: Ground | undefined): Ordered {
  const displaces = displacer(uses);
  const running = uses.filter((use) => use.mode !== 'off' && displaces(use) === undefined);
  const enforced = enforcedOf(running);
  const conditionsOf = joiner(running);
  const first = new Map<string, Use>();
  const pipeline: Attached[] = [];
  const absent: Absent[] = [];
  for (const use of uses) {
    const { policy, level, place, pointer, mode } = use;
    const here = { policy: policy.name, level, place };
    const displaced = displaces(use);
    const before = (mode === 'shadow' ? enforced.get(policy.name) : undefined) ?? first.get(policy.name);
    if (mode === 'off') absent.push({ ...here, reason: 'off', by: undefined });
    else if (displaced !== undefined) absent.push({ ...here, ...displaced });
    else if (before !== undefined) {
      // Selecting what is also named is how people move one of a family to the front: nothing was lost.
      if (use.named) absent.push({ ...here, reason: 'overtaken', by: toBy(before) });
    } else {
      first.set(policy.name, use);
      const settled = settle(conditionsOf(use), ground);
      if (settled.never === undefined)
        pipeline.push({ ...here, pointer, mode, when: settled.when, always: settled.always });
      else absent.push({ ...here, reason: 'never', by: { policy: undefined, place: settled.never.place } });
    }
  }
  return { pipeline, absent };
}

function toBy({ policy, place }: Use): Absent['by'] {
  return { policy: policy.name, place };
}

/** Says what keeps a use of a `single` plugin from counting: a narrower policy of it, or one that switches it off. */
function displacer(uses: readonly Use[]): (use: Use) => Pick<Absent, 'reason' | 'by'> | undefined {
  const known = new Map<string, { readonly enforced: ReadonlyMap<string, Use>; readonly narrowest: Use | undefined }>();
  return ({ policy: { name, plugin }, single, mode }) => {
    if (!single || mode !== 'enforce') return undefined;
    let counting = known.get(plugin);
    if (counting === undefined) {
      const narrowest = countingOf(uses, plugin);
      known.set(plugin, (counting = { enforced: enforcedOf(narrowest), narrowest: narrowest[0] }));
    }
    const { enforced, narrowest } = counting;
    if (enforced.has(name)) return undefined;
    const [by = narrowest] = enforced.values();
    return { reason: enforced.size === 0 ? 'switched off' : 'displaced', by: by === undefined ? undefined : toBy(by) };
  };
}

/**
 * Says under which conditions a policy runs that is attached once or more: its own, and one that holds where that of any of
 * its entries does - none as soon as one entry has none, since that one runs on every request.
 */
function joiner(running: readonly Use[]): (use: Use) => readonly Condition[] {
  const entries = new Map<string, Use[]>();
  for (const use of running) {
    const key = `${use.policy.name} ${use.mode}`;
    const equals = entries.get(key);
    if (equals === undefined) entries.set(key, [use]);
    else equals.push(use);
  }
  return ({ policy, mode }) => {
    const equals = entries.get(`${policy.name} ${mode}`) ?? [];
    const given = equals.map(({ when }) => when).filter((when) => when !== undefined);
    const distinct = new Map(given.map((when) => [when.text, when]));
    const joint =
      given.length < equals.length
        ? undefined
        : [...distinct.values()].reduce<Condition | undefined>(either, undefined);
    return [policy.when, joint].filter((condition) => condition !== undefined);
  };
}

function either(one: Condition | undefined, other: Condition): Condition {
  if (one === undefined) return other;
  const expression = { kind: 'or', left: one.expression, right: other.expression } as const;
  return { ...one, text: `(${one.text}) || (${other.text})`, expression };
}

interface Settled {
  readonly when: readonly Condition[];
  readonly always: readonly Condition[];
  /** A condition that holds for no request here. */
  readonly never: Condition | undefined;
}

function settle(conditions: readonly Condition[], ground: Ground | undefined): Settled {
  if (ground === undefined) return { when: conditions, always: [], never: undefined };
  const when: Condition[] = [];
  const always: Condition[] = [];
  let never: Condition | undefined;
  for (const condition of conditions) {
    const grounded = readsGround(condition.expression);
    const expression = grounded ? fold(condition.expression, ground) : condition.expression;
    if (expression.kind !== 'truth') when.push(grounded ? { ...condition, expression } : condition);
    else if (expression.value) always.push(condition);
    else never ??= condition;
  }
  return { when, always, never };
}
