import { bareRecord } from '@postern/model';
import type { CheckedConsumer, CheckedCredential, Path, PluginFacts } from '@postern/model';
import { attach } from './attach.ts';
import type { Attachable, Use } from './attach.ts';
import { addFinding } from './findings.ts';
import type { Inspection } from './inspection.ts';
import { placeOf, remark } from './inspection.ts';
import { collectNames } from './names.ts';
import type { Names } from './names.ts';
import { order } from './order.ts';
import { canonicalJson } from './plain.ts';
import { quoted } from './quote.ts';
import { suggest } from './suggest.ts';
import type { Reference } from './resolve.ts';
import type { ConsumerText } from './schema/document.ts';
import type { Node } from './tree.ts';
import { childOf, nodeAt, pointerOf } from './tree.ts';
import { validate } from './validate.ts';

/** A consumer without its policies: credentials are read first, for they shape the policies that look for them. */
export type KnownCaller = Omit<CheckedConsumer, 'pipeline' | 'absent'>;

/** Reads who the consumers are and how each is known; every credential fits the schema of its plugin. */
export function checkCredentials(inspection: Inspection, texts: readonly ConsumerText[]): readonly KnownCaller[] {
  collectNames(inspection, { kind: 'consumer', path: ['consumers'], things: texts });
  const { plugins } = inspection.known;
  const known = { kind: 'plugin', byName: plugins, shown: [...plugins.keys()] };
  return texts.map(({ name, labels = {}, credentials = {} }, position) => {
    const path = ['consumers', position];
    const checked = bareRecord<readonly CheckedCredential[]>();
    for (const [plugin, list] of Object.entries(credentials)) {
      const at = [...path, 'credentials', plugin];
      const facts = lookUpPlugin(inspection, at, { name: plugin, known });
      if (facts?.credential !== undefined)
        checked[plugin] = list.map((_, index) => checkCredential(inspection, [...at, index], facts.credential ?? {}));
    }
    const below = referencesBelow(inspection, nodeAt(inspection.tree, [...path, 'credentials']));
    const secrets = below.filter(({ resolved }) => resolved).map(({ text }) => text);
    return { name, labels, credentials: checked, secrets, place: placeOf(inspection, path) };
  });
}

/**
 * What the consumers come to for each plugin that takes credentials: a part of the key of its policies, which have to be compiled
 * again when a credential changes, or a consumer that they may name.
 */
export function credentialKeys(
  consumers: readonly KnownCaller[],
  plugins: ReadonlyMap<string, PluginFacts>,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const { name: plugin, credential } of plugins.values()) {
    if (credential === undefined) continue;
    const list = consumers.map(({ name, labels, credentials }) => [
      name,
      labels,
      (credentials[plugin] ?? []).map(({ value }) => value),
    ]);
    keys.set(plugin, canonicalJson(list));
  }
  return keys;
}

/** Attaches what each consumer's list names: it runs right after the policy that identified the consumer. */
export function checkConsumers(
  inspection: Inspection,
  { texts, callers }: { readonly texts: readonly ConsumerText[]; readonly callers: readonly KnownCaller[] },
  attachable: Attachable,
): readonly CheckedConsumer[] {
  return callers.map((caller, position) => {
    const path = ['consumers', position, 'policies'];
    const entries = texts[position]?.policies;
    const list = attach(inspection, { entries, level: 'consumer', path }, attachable);
    const uses = list.filter((use) => use !== 'inherit');
    for (const use of uses) checkTime(inspection, use);
    const { pipeline, absent } = order(uses, undefined);
    return { ...caller, pipeline, absent };
  });
}

/** A policy that answers preflights, or that narrower levels displace, is settled before anybody is known. */
function checkTime(inspection: Inspection, { policy, path, single }: Use): void {
  if (!single && inspection.known.plugins.get(policy.plugin)?.preflight !== true) return;
  const message = `${quoted(policy.name)} is a ${policy.plugin} policy, which counts before a consumer is known`;
  const fix = 'attach it to the gateway, an API group or a route';
  remark(inspection, path, { code: 'consumers/too-late', message, fix });
}

function lookUpPlugin(
  inspection: Inspection,
  path: Path,
  { name, known }: { readonly name: string; readonly known: Names<PluginFacts> },
): PluginFacts | undefined {
  const facts = known.byName.get(name);
  if (facts === undefined) {
    // The name is a key: `lookUp` judges values.
    const message = `there is no plugin ${quoted(name)}`;
    remark(inspection, path, { code: 'names/unknown-plugin', message, fix: mend(name, known), atKey: true });
  } else if (facts.credential === undefined) {
    const message = `the plugin ${name} identifies nobody: it takes no credentials`;
    remark(inspection, path, { code: 'consumers/no-credentials', message, fix: mend(name, known), atKey: true });
  }
  return facts;
}

function mend(written: string, { byName }: Names<PluginFacts>): string {
  const names = [...byName.values()].filter(({ credential }) => credential !== undefined).map(({ name }) => name);
  const near = suggest(written, names);
  if (near !== undefined) return `did you mean ${near}?`;
  return names.length === 0 ? 'load a plugin that takes credentials' : `those that do are ${names.join(', ')}`;
}

function checkCredential(inspection: Inspection, path: Path, schema: object): CheckedCredential {
  const node = nodeAt(inspection.tree, path);
  const empty: Node = { kind: 'map', at: 0, members: new Map() };
  const { references } = inspection;
  const subject = { node: node ?? empty, path, references, homesOf: (): readonly string[] => [] };
  const { value, findings } = validate(schema, subject);
  for (const finding of findings) addFinding(inspection.findings, finding);
  const resolved = referencesBelow(inspection, node).every((reference) => reference.resolved);
  return { value, place: placeOf(inspection, path), pointer: pointerOf(path), resolved };
}

function referencesBelow(inspection: Inspection, node: Node | undefined): readonly Reference[] {
  if (node === undefined) return [];
  const reference = inspection.references.get(node);
  if (reference !== undefined) return [reference];
  const steps = node.kind === 'scalar' ? [] : node.kind === 'list' ? node.items.keys() : node.members.keys();
  return [...steps].flatMap((step) => referencesBelow(inspection, childOf(node, step)));
}
