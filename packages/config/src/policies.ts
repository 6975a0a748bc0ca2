import { bareRecord } from '@postern/model';
import type { CheckedPolicy, Finding, Path, Place, PluginFacts } from '@postern/model';
import { conditionAt } from './conditions.ts';
import { addFinding } from './findings.ts';
import type { Inspection } from './inspection.ts';
import { placeOf, remark } from './inspection.ts';
import type { Names } from './names.ts';
import { lookUp } from './names.ts';
import { canonicalJson, toPlain } from './plain.ts';
import type { PolicyText } from './schema/document.ts';
import { Policy } from './schema/document.ts';
import type { JsonSchema } from '@postern/schema';
import type { Node } from './tree.ts';
import { childOf, nodeAt, placeOfOffset, pointerOf } from './tree.ts';
import { validate } from './validate.ts';

/** Checks the policies: their plugin is known, their config fits its schema. */
export function checkPolicies(
  inspection: Inspection,
  texts: readonly PolicyText[],
  credentials: ReadonlyMap<string, string>,
): CheckedPolicy[] {
  const loaded = inspection.known.plugins;
  const plugins = { kind: 'plugin', byName: loaded, shown: [...loaded.keys()] };
  return texts.map((text, position) =>
    checkPolicy(inspection, text, { path: ['policies', position], plugins, credentials }),
  );
}

interface At {
  readonly path: Path;
  readonly plugins: Names<PluginFacts>;
  /** By plugin: what the credentials of all consumers come to. */
  readonly credentials: ReadonlyMap<string, string>;
}

function checkPolicy(inspection: Inspection, text: PolicyText, { path, plugins, credentials }: At): CheckedPolicy {
  const plugin = lookUp(inspection, [...path, 'plugin'], { name: text.plugin, among: plugins });
  const configPath = [...path, 'config'];
  const node = nodeAt(inspection.tree, configPath);
  const config = plugin === undefined ? {} : checkConfig(inspection, { node, plugin, path: configPath });
  const place = placeOf(inspection, path);
  const { name, labels = {}, onError = 'refuse', timeout = 1000 } = text;
  return {
    name,
    plugin: text.plugin,
    labels,
    mode: text.mode ?? 'enforce',
    locked: text.locked ?? false,
    when: conditionAt(inspection, { text: text.when, path: [...path, 'when'], plugins: [text.plugin] }),
    onError,
    timeout,
    config,
    place,
    ...standingOf(inspection, node),
    pointer: pointerOf(configPath),
    key: canonicalJson({
      name,
      plugin: text.plugin,
      labels,
      onError,
      timeout,
      config,
      credentials: credentials.get(text.plugin),
    }),
  };
}

interface ConfigAt {
  readonly node: Node | undefined;
  readonly plugin: PluginFacts;
  readonly path: Path;
}

function checkConfig(inspection: Inspection, { node, plugin, path }: ConfigAt): unknown {
  const { references } = inspection;
  const schema: JsonSchema = plugin.config;
  const empty: Node = { kind: 'map', at: 0, members: new Map() };
  const homesOf = (): readonly string[] => [];
  const { value, findings } = validate(schema, { node: node ?? empty, path, references, homesOf });
  for (const finding of findings) addFinding(inspection.findings, mended(finding, path));
  return value ?? (node === undefined ? bareRecord<unknown>() : toPlain(node, references));
}

const POLICY_KEYS: ReadonlySet<string> = new Set(Object.keys(Policy.properties).filter((key) => key !== 'config'));

/** A key of the policy that slipped into its config is a matter of indentation. */
function mended(finding: Finding, config: Path): Finding {
  const key = finding.path.at(-1);
  const onTop = finding.path.length === config.length + 1;
  if (finding.code !== 'document/unknown-key' || !onTop || finding.fix.startsWith('did you mean')) return finding;
  if (!POLICY_KEYS.has(String(key))) return finding;
  return { ...finding, fix: `indent it less: ${key} is a key of the policy, beside config` };
}

/** Where each value of the config stands, and which came from references; both by pointer relative to the config. */
function standingOf(
  inspection: Inspection,
  config: Node | undefined,
): Pick<CheckedPolicy, 'places' | 'keyPlaces' | 'references'> {
  const places: Record<string, Place> = {};
  const keyPlaces: Record<string, Place> = {};
  const references: Record<string, { text: string; resolved: boolean }> = {};
  const visit = (node: Node, pointer: string): void => {
    places[pointer] = placeOfOffset(inspection.tree, node.at);
    const reference = inspection.references.get(node);
    if (reference !== undefined) references[pointer] = { text: reference.source, resolved: reference.resolved };
    const steps = node.kind === 'scalar' ? [] : node.kind === 'list' ? node.items.keys() : node.members.keys();
    for (const step of steps) {
      const child = childOf(node, step);
      const below = pointer + pointerOf([step]);
      const member = node.kind === 'map' ? node.members.get(String(step)) : undefined;
      if (member !== undefined) keyPlaces[below] = placeOfOffset(inspection.tree, member.at);
      if (child !== undefined) visit(child, below);
    }
  };
  if (config !== undefined) visit(config, '');
  return { places, keyPlaces, references };
}

/** A policy that no list names is most likely a list that someone forgot. */
export function checkAttached(
  inspection: Inspection,
  policies: readonly CheckedPolicy[],
  attached: ReadonlySet<string>,
): void {
  // What a select should have taken is not forgotten: the select says what is wrong.
  const missed = inspection.findings.some(({ code }) => code === 'policies/selects-nothing');
  for (const [position, { name, labels }] of policies.entries()) {
    if (name === '' || attached.has(name) || (missed && Object.keys(labels).length > 0)) continue;
    remark(inspection, ['policies', position], {
      severity: 'warning',
      code: 'policies/not-attached',
      message: 'the policy is attached nowhere: it never runs',
      fix: 'name it in the policies of the gateway, an API group or a route, or remove it',
    });
  }
}
