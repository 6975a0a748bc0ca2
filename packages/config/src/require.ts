import type { Path, PluginFacts, Requirement, RequirementKind } from '@postern/model';
import type { Inspection } from './inspection.ts';
import { isJudged, isSecret, placeOf, remark } from './inspection.ts';
import type { Names } from './names.ts';
import { lookUp } from './names.ts';
import { quoted } from './quote.ts';
import type { RequirementText } from './schema/require.ts';
import { nodeAt, pointerOf } from './tree.ts';

const KINDS: readonly RequirementKind[] = ['all', 'any', 'none'];

/** Checks the invariants of one section: each says one thing, of plugins that there are. */
export function checkRequire(
  inspection: Inspection,
  texts: readonly RequirementText[],
  section: 'gateway' | 'server',
): readonly Requirement[] {
  const byName = inspection.known.plugins;
  const among = { kind: 'plugin', byName, shown: [...byName.keys()] };
  return texts.flatMap((text, position) => {
    const requirement = checkOne(inspection, text, { path: [section, 'require', position], among });
    return requirement === undefined ? [] : [requirement];
  });
}

interface At {
  readonly path: Path;
  readonly among: Names<PluginFacts>;
}

function checkOne(inspection: Inspection, text: RequirementText, { path, among }: At): Requirement | undefined {
  // Of what is no map the schema has spoken.
  if (nodeAt(inspection.tree, path)?.kind !== 'map') return undefined;
  const kinds = KINDS.filter((kind) => text[kind] !== undefined);
  const [kind, ...others] = kinds;
  if (kind === undefined || others.length > 0) {
    const message = kind === undefined ? 'says nothing about plugins' : `says several things: ${kinds.join(' and ')}`;
    const fix = kind === undefined ? 'add all, any or none with names of plugins' : 'make an entry of its own of each';
    remark(inspection, path, { code: 'require/one-rule', message, fix });
    return undefined;
  }
  const plugins = text[kind] ?? [];
  for (const [position, name] of plugins.entries()) lookUp(inspection, [...path, kind, position], { name, among });
  if (!isKnownHere(inspection, text, { path, kind })) return undefined;
  return {
    title: titleOf(inspection, text, path),
    groups: text.groups,
    kind,
    plugins,
    place: placeOf(inspection, path),
    pointer: pointerOf(path),
  };
}

/** Whether all that the invariant reads is known here; what only the node can resolve, only the node can judge. */
function isKnownHere(
  inspection: Inspection,
  text: RequirementText,
  { path, kind }: { readonly path: Path; readonly kind: RequirementKind },
): boolean {
  const plugins = (text[kind] ?? []).map((_, position) => [...path, kind, position]);
  const labels = Object.keys(text.groups ?? {}).map((label) => [...path, 'groups', label]);
  return plugins.every((at) => isJudged(inspection, at)) && labels.every((at) => isResolved(inspection, at));
}

/** A label's value may be the empty text, which other texts are not judged for. */
function isResolved(inspection: Inspection, path: Path): boolean {
  return !isSecret(inspection, path) || isJudged(inspection, path);
}

function titleOf(inspection: Inspection, { name }: RequirementText, path: Path): string {
  const [section = '', , position = 0] = path;
  if (name === undefined || isSecret(inspection, [...path, 'name'])) return `${section}.require[${position}]`;
  return `${section}.require ${quoted(name)}`;
}
