import type { Attached, Level, Path } from '@postern/model';
import type { Attachable, Use, UseList } from './attach.ts';
import type { Inspection } from './inspection.ts';
import { remark, shownAt } from './inspection.ts';
import { lookUp } from './names.ts';
import { quoted } from './quote.ts';

const NARROWNESS: Readonly<Record<Level, number>> = { gateway: 0, group: 1, route: 2 };

/** A level's list and what it takes out of the wider one. */
export interface LevelUses {
  readonly list: UseList;
  readonly skipped: ReadonlySet<string>;
}

/** Reads a `skip` list: every name known, none locked, each inherited. */
export function readSkip(
  inspection: Inspection,
  {
    names,
    path,
    inherited,
  }: { readonly names: readonly string[] | undefined; readonly path: Path; readonly inherited: readonly Use[] },
  attachable: Attachable,
): ReadonlySet<string> {
  const skipped = new Set<string>();
  for (const [position, name] of (names ?? []).entries()) {
    const at = [...path, position];
    const policy = lookUp(inspection, at, { name, among: attachable.names });
    if (policy === undefined) continue;
    if (!inherited.some((use) => use.policy === policy)) {
      const message = `${shownAt(inspection, at)} is not inherited here: there is nothing to skip`;
      remark(inspection, at, {
        severity: 'warning',
        code: 'policies/skip-without-effect',
        message,
        fix: 'remove it from skip',
      });
    } else if (policy.locked) {
      const message = `the policy ${shownAt(inspection, at)} is locked (line ${policy.place.line}): no narrower level may skip it`;
      remark(inspection, at, {
        code: 'policies/locked',
        message,
        fix: 'remove it from skip, or take locked away from the policy',
      });
    } else skipped.add(policy.name);
  }
  return skipped;
}

/**
 * Joins a level's list with the wider one: `inherit` is where the wider one runs, without it the wider one runs first. The
 * written order is the order that runs. What the level may not do to the wider list is an issue.
 */
export function join(inspection: Inspection, inherited: readonly Use[], { list, skipped }: LevelUses): readonly Use[] {
  const wider = inherited.filter(({ policy }) => !skipped.has(policy.name));
  const own = list.filter((use) => use !== 'inherit');
  for (const use of own) checkAgainst(inspection, wider, use);
  const at = list.indexOf('inherit');
  return at === -1 ? [...wider, ...own] : [...own.slice(0, at), ...wider, ...own.slice(at)];
}

function checkAgainst(inspection: Inspection, wider: readonly Use[], use: Use): void {
  // In shadow it displaces nothing.
  if (use.single && use.mode !== 'shadow') {
    const displaced = countingOf(wider, use.policy.plugin).find(
      (other) => displaces(use, other) && other.policy.locked,
    );
    if (displaced === undefined) return;
    const { name, place } = displaced.policy;
    const does = use.policy === displaced.policy ? 'switches off' : `${quoted(use.policy.name)} displaces`;
    const message = `${does} ${quoted(name)}, which is locked (line ${place.line})`;
    const fix = `remove it from this list, or take locked away from ${name}`;
    remark(inspection, use.path, { code: 'policies/displaces-locked', message, fix });
  } else if (
    !use.single &&
    use.mode === 'off' &&
    wider.some(({ policy, mode }) => policy === use.policy && mode === 'enforce')
  ) {
    const message = `${quoted(use.policy.name)} is inherited and runs all the same: mode off here is for this list only`;
    const fix = `write skip: [${use.policy.name}] to take the inherited one out`;
    remark(inspection, use.path, { severity: 'warning', code: 'policies/off-without-effect', message, fix });
  }
}

function displaces(use: Use, other: Use): boolean {
  return use.policy !== other.policy || use.mode === 'off';
}

/** Uses of a `single` plugin that say what counts: those of the narrowest level that has any. */
function countingOf(uses: readonly Use[], plugin: string): readonly Use[] {
  const all = uses.filter(({ policy, mode }) => policy.plugin === plugin && mode !== 'shadow');
  const narrowest = Math.max(...all.map(({ level }) => NARROWNESS[level]));
  return all.filter(({ level }) => NARROWNESS[level] === narrowest);
}

function enforcedOf(uses: readonly Use[]): ReadonlySet<string> {
  return new Set(uses.filter(({ mode }) => mode === 'enforce').map(({ policy }) => policy.name));
}

/**
 * The pipeline that joined lists give: of a `single` plugin the narrowest enforced policy alone, with the shadow ones beside it;
 * nothing that is off; each policy once, at its first place. Where a policy is in shadow and enforced on the same route, it is
 * enforced: a guard must not be lost to a wider list that only tries it.
 */
export function order(uses: readonly Use[]): readonly Attached[] {
  const counting = new Map<string, ReadonlySet<string>>();
  const counts = ({ policy, single, mode }: Use): boolean => {
    if (!single || mode === 'shadow') return true;
    const known = counting.get(policy.plugin) ?? enforcedOf(countingOf(uses, policy.plugin));
    counting.set(policy.plugin, known);
    return known.has(policy.name);
  };
  const running = uses.filter((use) => use.mode !== 'off' && counts(use));
  const enforced = enforcedOf(running);
  const seen = new Set<string>();
  const pipeline: Attached[] = [];
  for (const { policy, level, place, pointer, mode, when } of running) {
    if (mode === 'off' || seen.has(policy.name) || (mode === 'shadow' && enforced.has(policy.name))) continue;
    seen.add(policy.name);
    pipeline.push({ policy: policy.name, level, place, pointer, mode, when });
  }
  return pipeline;
}
