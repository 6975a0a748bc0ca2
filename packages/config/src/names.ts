import type { Path } from '@postern/model';
import { isFull } from './findings.ts';
import type { Inspection } from './inspection.ts';
import { hasUnknownKey, isJudged, isSecret, placeOf, remark, shownAt } from './inspection.ts';
import { choices } from './quote.ts';
import { suggest } from './suggest.ts';

/** Names of one kind: what a name stands for, and which may be shown as suggestions. */
export interface Names<Thing> {
  readonly kind: string;
  readonly byName: ReadonlyMap<string, Thing>;
  /** Names that were written plainly; those from references are never shown. */
  readonly shown: readonly string[];
  /** True when a member of the list has no name, or one that cannot be: an unknown name may be that one. */
  readonly damaged?: boolean;
}

/** Collects named members of a list; reserved and repeated names are issues, the first one of a name counts. */
export function collectNames<Thing extends { readonly name: string }>(
  inspection: Inspection,
  { kind, path, things }: { readonly kind: string; readonly path: Path; readonly things: readonly Thing[] },
): Names<Thing> {
  const byName = new Map<string, Thing>();
  const shown: string[] = [];
  let damaged = false;
  for (const [position, thing] of things.entries()) {
    if (thing.name === '') {
      damaged = true;
      continue;
    }
    const first = byName.get(thing.name);
    if (first !== undefined) {
      if (isFull(inspection.findings)) continue;
      const at = [...path, position, 'name'];
      const { line } = placeOf(inspection, [...path, things.indexOf(first), 'name']);
      const message = `${shownAt(inspection, at)} is the name of another ${kind}, on line ${line}`;
      if (isJudged(inspection, at))
        remark(inspection, at, { code: 'names/duplicate', message, fix: 'give one of the two another name' });
      continue;
    }
    if (thing.name === 'inherit') {
      damaged = true;
      const message = '"inherit" is reserved: in a policy list it is where the wider list runs';
      remark(inspection, [...path, position, 'name'], {
        code: 'names/reserved',
        message,
        fix: `give this ${kind} another name`,
      });
    }
    byName.set(thing.name, thing);
    if (inspection.references.size === 0 || !warnOfReference(inspection, [...path, position, 'name']))
      shown.push(thing.name);
  }
  // A list under a mistyped key is not there at all: what it would define is not what is missing.
  return {
    kind,
    byName,
    shown,
    damaged: damaged || (things.length === 0 && hasUnknownKey(inspection, path.slice(0, -1))),
  };
}

/** Whether a name came from a reference. It may, but it is no place for a secret. */
function warnOfReference(inspection: Inspection, path: Path): boolean {
  if (!isSecret(inspection, path)) return false;
  const message = 'the name comes from a reference, and names are shown in logs, metrics and decisions';
  remark(inspection, path, {
    severity: 'warning',
    code: 'names/from-reference',
    message,
    fix: 'write the name itself',
  });
  return true;
}

/** Looks a name up that stands at a path; an unknown one is an issue with the nearest known name as its mend. */
export function lookUp<Thing>(
  inspection: Inspection,
  path: Path,
  asked: { readonly name: string; readonly among: Names<Thing> },
): Thing | undefined {
  const { name, among } = asked;
  const thing = among.byName.get(name);
  if (thing !== undefined || isFull(inspection.findings) || !isJudged(inspection, path)) return thing;
  // One mistake, one issue: only a name that is near to a known one is a mistake of its own.
  if (among.damaged === true && suggest(name, among.shown) === undefined) return undefined;
  remark(inspection, path, {
    code: `names/unknown-${among.kind}`,
    message: `there is no ${among.kind} ${shownAt(inspection, path)}`,
    fix: mend(inspection, path, asked),
  });
  return undefined;
}

function mend<Thing>(
  inspection: Inspection,
  path: Path,
  { name, among }: { readonly name: string; readonly among: Names<Thing> },
): string {
  const near = isSecret(inspection, path)
    ? undefined
    : suggest(name, among.kind === 'policy' ? [...among.shown, 'inherit'] : among.shown);
  if (near !== undefined) return `did you mean ${near}?`;
  if (among.kind === 'policy' && inspection.known.plugins.has(name)) {
    return `${name} is a plugin: add { name: ${name}, plugin: ${name} } to policies`;
  }
  const define = among.kind === 'plugin' ? 'add its package to server.plugins' : 'define it';
  if (among.shown.length === 0) return `${define}: there is no ${among.kind} at all`;
  return `${define}, or name one of those there are: ${choices(among.shown)}`;
}
