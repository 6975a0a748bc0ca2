import { check, digestOf, unreadableIssue } from '@postern/control';
import { compileSnapshot, Sharing } from '@postern/engine';
import type { Snapshot } from '@postern/engine';
import type { CheckedDocument, Issue, Plugin, Result, SourceText } from '@postern/model';
import { fileSource } from '@postern/source-file';
import { loadPlugins } from './plugins.ts';

/** A document at the end of its way, or what kept it from getting there. Call `close` when done with the snapshot. */
export type Staged =
  | {
      readonly kind: 'compiled';
      readonly source: SourceText;
      readonly document: CheckedDocument;
      readonly plugins: ReadonlyMap<string, Plugin>;
      readonly snapshot: Snapshot;
      readonly warnings: readonly Issue[];
      close(): void;
    }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** Takes a file the whole way from text to snapshot, as a reload does, and serves nothing. */
export async function stageFile(path: string, atHand: readonly Plugin[]): Promise<Staged> {
  const read = await readDocument(path);
  return read.kind === 'refused' ? read : stage(read.source, atHand);
}

/**
 * Takes a text the whole way. What it names of the environment may be set on the node only: `${env:}` and `${file:}`
 * that cannot be resolved here are warnings.
 */
export async function stage(source: SourceText, atHand: readonly Plugin[]): Promise<Staged> {
  const settings = { variables: process.env, unresolved: 'warning' } as const;
  const loaded = await loadPlugins(source, atHand, settings);
  if (loaded.kind === 'refused') return loaded;
  const { plugins } = loaded;
  const checked = await check(source, { plugins: [...plugins.values()], ...settings });
  if (checked.kind === 'refused') return checked;
  const candidate = { document: checked.value, revision: source.revision, digest: digestOf(source) };
  const steps: Iterator<void, Result<Snapshot>, undefined> = compileSnapshot(candidate, {
    plugins,
    sharing: new Sharing(SILENT),
    previous: undefined,
  });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  if (step.value.kind === 'refused') return { kind: 'refused', issues: [...checked.warnings, ...step.value.issues] };
  const snapshot = step.value.value;
  return {
    kind: 'compiled',
    source,
    document: checked.value,
    plugins,
    snapshot,
    warnings: [...checked.warnings, ...step.value.warnings],
    close: () => snapshot.retire(),
  };
}

/** Policies compiled here never see an exchange: nothing to count, nothing to write. */
const SILENT = {
  counter: () => () => undefined,
  outcomes: () => ({ refused: () => undefined, responded: () => undefined, failed: () => undefined }),
  write: () => undefined,
};

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
