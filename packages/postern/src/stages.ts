import { check, digestOf, unreadableIssue } from '@postern/control';
import { compileApart, requireIssues } from '@postern/engine';
import type { Snapshot } from '@postern/engine';
import { refuses } from '@postern/model';
import type { Candidate, CheckedDocument, Issue, Plugin, Result, ServerSection, SourceText } from '@postern/model';
import { fileSource } from '@postern/source-file';
import { loadPlugins } from './plugins.ts';
import type { LoadedPlugins } from './plugins.ts';

/** A document at the end of its way, or what kept it from getting there. Call `close` when done with the snapshot. */
export type Staged =
  | {
      readonly kind: 'compiled';
      readonly source: SourceText;
      readonly document: CheckedDocument;
      readonly candidate: Candidate;
      readonly plugins: ReadonlyMap<string, Plugin>;
      readonly snapshot: Snapshot;
      readonly warnings: readonly Issue[];
      close(): void;
    }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** A document that came all the way. */
export type Compiled = Extract<Staged, { kind: 'compiled' }>;

/** What a document is checked against: plugins, and for one from the bus the server section of the node's own file. */
export interface Ground {
  readonly plugins: readonly Plugin[];
  readonly server?: ServerSection | undefined;
}

/** Takes a file the whole way from text to snapshot, as a reload does, and serves nothing. */
export async function stageFile(path: string, ground: Ground): Promise<Staged> {
  const read = await readDocument(path);
  return read.kind === 'refused' ? read : stage(read.source, ground);
}

/**
 * Takes a text the whole way. What it names of the environment may be set on the node only: `${env:}` and `${file:}`
 * that cannot be resolved here are warnings. With a server section given it goes the way of a document from the bus: its
 * own section is ignored, and loads no plugins.
 */
export async function stage(source: SourceText, { plugins: atHand, server }: Ground): Promise<Staged> {
  const settings = { ...HERE, server };
  const loaded = server === undefined ? await loadPlugins(source, atHand, settings) : byName(atHand);
  if (loaded.kind === 'refused') return loaded;
  const { plugins } = loaded;
  const checked = await check(source, { plugins: [...plugins.values()], ...settings });
  if (checked.kind === 'refused') return checked;
  const candidate = { document: checked.value, revision: source.revision, digest: digestOf(source) };
  const steps: Iterator<void, Result<Snapshot>, undefined> = compileApart(candidate, plugins);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  if (step.value.kind === 'refused') return { kind: 'refused', issues: [...checked.warnings, ...step.value.issues] };
  const snapshot = step.value.value;
  const proof = requireIssues(checked.value, snapshot, checked.value.server.require);
  const found = [...checked.warnings, ...step.value.warnings, ...proof];
  if (refuses(proof)) {
    snapshot.retire();
    return { kind: 'refused', issues: found };
  }
  return {
    kind: 'compiled',
    source,
    document: checked.value,
    candidate,
    plugins,
    snapshot,
    warnings: found,
    close: () => snapshot.retire(),
  };
}

/** The ground as a node has it: the server section of its own file, and the plugins that this one names. */
export async function groundOf(
  path: string | undefined,
  atHand: readonly Plugin[],
): Promise<
  { readonly kind: 'ground'; readonly ground: Ground } | { readonly kind: 'refused'; readonly issues: readonly Issue[] }
> {
  if (path === undefined) return { kind: 'ground', ground: { plugins: atHand } };
  const read = await readDocument(path);
  if (read.kind === 'refused') return read;
  const loaded = await loadPlugins(read.source, atHand, HERE);
  if (loaded.kind === 'refused') return loaded;
  const plugins = [...loaded.plugins.values()];
  const checked = await check(read.source, { plugins, ...HERE });
  if (checked.kind === 'refused') return checked;
  return { kind: 'ground', ground: { plugins, server: checked.value.server } };
}

/** The environment of a command is not that of a node. */
const HERE = { variables: process.env, unresolved: 'warning' } as const;

function byName(plugins: readonly Plugin[]): Extract<LoadedPlugins, { kind: 'loaded' }> {
  return { kind: 'loaded', plugins: new Map(plugins.map((plugin) => [plugin.name, plugin])) };
}

/** Reads a document from a file, once. */
export async function readDocument(
  path: string,
): Promise<
  | { readonly kind: 'read'; readonly source: SourceText }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] }
> {
  const ending = new AbortController();
  try {
    for await (const event of fileSource(path).open(ending.signal)) {
      if (event.kind === 'text') return { kind: 'read', source: event };
      if (event.kind === 'unreadable') return { kind: 'refused', issues: [unreadableIssue(event)] };
    }
    return { kind: 'refused', issues: [] };
  } finally {
    ending.abort();
  }
}
