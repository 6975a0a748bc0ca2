import type { Absent, Path, Place } from '@postern/model';
import type { Attachable, Use, UseList } from './attach.ts';
import type { Inspection } from './inspection.ts';
import { placeOf, remark, shownAt } from './inspection.ts';
import { lookUp } from './names.ts';
import { countingOf } from './order.ts';
import { quoted } from './quote.ts';

/** A level's list and what it takes out of the wider one, with the places that say so. */
export interface LevelUses {
  readonly list: UseList;
  readonly skipped: ReadonlyMap<string, Place>;
}

/** The lists of a level and all wider ones in one, and what they took out on the way. */
export interface Joined {
  readonly uses: readonly Use[];
  readonly absent: readonly Absent[];
}

/** What the gateway's list joins. */
export const NOTHING_WIDER: Joined = { uses: [], absent: [] };

/** Reads a `skip` list: every name known, none locked, each inherited. */
export function readSkip(
  inspection: Inspection,
  {
    names,
    path,
    inherited,
  }: { readonly names: readonly string[] | undefined; readonly path: Path; readonly inherited: readonly Use[] },
  attachable: Attachable,
): ReadonlyMap<string, Place> {
  const skipped = new Map<string, Place>();
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
    } else skipped.set(policy.name, placeOf(inspection, at));
  }
  return skipped;
}

/**
 * Joins a level's list with the wider one: `inherit` is where the wider one runs, without it the wider one runs first. The
 * written order is the order that runs. What the level may not do to the wider list is an issue.
 */
export function join(inspection: Inspection, inherited: Joined, { list, skipped }: LevelUses): Joined {
  const wider: Use[] = [];
  const absent: Absent[] = [...inherited.absent];
  for (const use of inherited.uses) {
    const place = skipped.get(use.policy.name);
    if (place === undefined) wider.push(use);
    else absent.push({ ...absentUse(use), reason: 'skipped', by: { policy: undefined, place } });
  }
  const own = list.filter((use) => use !== 'inherit');
  for (const use of own) {
    checkDisplaced(inspection, wider, use);
    checkWeaker(inspection, wider, use);
  }
  const at = list.indexOf('inherit');
  const uses = at === -1 ? [...wider, ...own] : [...own.slice(0, at), ...wider, ...own.slice(at)];
  return { uses, absent };
}

/** What is said of a use that does not run, but for the reason. */
function absentUse({ policy, level, place }: Use): Pick<Absent, 'policy' | 'level' | 'place'> {
  return { policy: policy.name, level, place };
}

function checkDisplaced(inspection: Inspection, wider: readonly Use[], use: Use): void {
  // In shadow it displaces nothing.
  if (!use.single || use.mode === 'shadow') return;
  const displaced = countingOf(wider, use.policy.plugin).find(
    (other) => (use.policy !== other.policy || use.mode === 'off') && other.policy.locked,
  );
  if (displaced === undefined) return;
  const { name, place } = displaced.policy;
  const does = use.policy === displaced.policy ? 'switches off' : `${quoted(use.policy.name)} displaces`;
  const message = `${does} ${quoted(name)}, which is locked (line ${place.line})`;
  const fix = `remove it from this list, or take locked away from ${name}`;
  remark(inspection, use.path, { code: 'policies/displaces-locked', message, fix });
}

/** An entry that would make an inherited policy weaker: it has no effect, and of a locked one it is an issue. */
function checkWeaker(inspection: Inspection, wider: readonly Use[], use: Use): void {
  const inherited = wider.filter(({ policy, mode }) => policy === use.policy && mode !== 'off');
  const weaker = weakerBy(inherited, use);
  if (weaker === undefined) return;
  const { name, locked, place } = use.policy;
  if (locked) {
    const message = `${quoted(name)} is locked (line ${place.line}): no narrower level may weaken it by ${weaker.word}`;
    const fix = `remove ${weaker.word} here, or take locked away from ${name}`;
    remark(inspection, use.path, { code: 'policies/locked', message, fix });
    return;
  }
  const message = `${quoted(name)} is inherited and ${weaker.runs}: ${weaker.word} here is for this list only`;
  const fix = `write skip: [${name}] to take the inherited one out${use.mode === 'off' ? '' : ': then this entry counts'}`;
  remark(inspection, use.path, { severity: 'warning', code: weaker.code, message, fix });
}

interface Weaker {
  readonly word: string;
  readonly runs: string;
  readonly code: string;
}

function weakerBy(inherited: readonly Use[], use: Use): Weaker | undefined {
  if (inherited.length === 0) return undefined;
  if (use.mode === 'off') {
    // Of a `single` plugin off does switch it off.
    if (use.single) return undefined;
    return { word: 'mode: off', runs: 'runs all the same', code: 'policies/off-without-effect' };
  }
  const enforced = inherited.filter(({ mode }) => mode === 'enforce');
  if (use.mode === 'shadow' && enforced.length > 0)
    return { word: 'mode: shadow', runs: 'is enforced all the same', code: 'policies/shadow-without-effect' };
  const equals = use.mode === 'enforce' ? enforced : inherited;
  if (use.when === undefined || !equals.some(({ when }) => when === undefined)) return undefined;
  return { word: 'when', runs: 'runs on every request all the same', code: 'policies/when-without-effect' };
}
