import { locate } from '@postern/config';
import { refuses } from '@postern/model';
import type { Attached, Candidate, CheckedGroup, CheckedPolicy, Issue, Plugin, Result } from '@postern/model';
import { buildTree, keyOfTree } from './group-table.ts';
import type { GroupTable } from './group-table.ts';
import { composePipeline } from './pipeline.ts';
import type { Attachment, Instance, Pipeline } from './pipeline.ts';
import { Router } from './router.ts';
import type { Sharing } from './sharing.ts';
import { Snapshot } from './snapshot.ts';
import { veilOf } from './veil.ts';

/** What a compile needs besides the candidate. */
export interface CompileInputs {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly sharing: Sharing;
  /** The serving snapshot: unchanged groups take its trees over. */
  readonly previous: Snapshot | undefined;
}

/**
 * Compiles a checked document into a snapshot. Pure but for the plugins it calls; yields after each policy and group so
 * that a driver can do it in slices between requests. All issues at once; a refused candidate leaves nothing behind.
 */
export function* compileSnapshot(
  candidate: Candidate,
  inputs: CompileInputs,
): Generator<undefined, Result<Snapshot>, undefined> {
  const { document, revision, digest } = candidate;
  const issues: Issue[] = [];
  const compiled = new Map<string, CompiledPolicy>();
  const release = (): void => {
    for (const { instance } of compiled.values()) inputs.sharing.release(instance);
  };
  for (const policy of document.policies) {
    const plugin = inputs.plugins.get(policy.plugin);
    if (plugin === undefined || policy.mode === 'off') continue;
    const said = inputs.sharing.acquire(policy, plugin);
    issues.push(...locate(said.warnings, policy));
    if (said.kind === 'refused') issues.push(...locate(said.findings, policy));
    else compiled.set(policy.name, { policy, instance: said.instance });
    yield;
  }
  if (refuses(issues)) {
    release();
    return { kind: 'refused', issues };
  }
  const pipelines = new Pipelines(compiled);
  const tables: GroupTable[] = [];
  const known = new Map(inputs.previous?.router.tables.map((table) => [table.group.name, table]));
  for (const group of document.groups) {
    tables.push(yield* compileGroup(group, { pipelines, before: known.get(group.name) }));
    yield;
  }
  const snapshot = new Snapshot({
    revision,
    digest,
    origin: document.origin,
    router: new Router(tables),
    gateway: pipelines.of(document.gateway),
    upstreams: new Map(document.upstreams.map((upstream) => [upstream.name, upstream])),
    veil: veilOf(candidate, inputs.plugins),
    onClose: release,
  });
  return { kind: 'accepted', value: snapshot, warnings: issues };
}

/** A policy of this document with its instance, which an earlier document may have made from other lines. */
interface CompiledPolicy {
  readonly policy: CheckedPolicy;
  readonly instance: Instance;
}

interface Around {
  readonly pipelines: Pipelines;
  readonly before: GroupTable | undefined;
}

function* compileGroup(
  group: CheckedGroup,
  { pipelines, before }: Around,
): Generator<undefined, GroupTable, undefined> {
  const treeKey = yield* keyOfTree(group.routes);
  const tree = before !== undefined && before.treeKey === treeKey ? before.tree : yield* buildTree(group.routes);
  const own = group.pipelines.map((list) => pipelines.of(list));
  return Object.freeze({ group, tree, treeKey, pipelines: own, own: own[0] ?? pipelines.of([]) });
}

/** The pipelines of one snapshot: routes that run the same policies in the same order share one, wherever they attach them. */
class Pipelines {
  readonly #compiled: ReadonlyMap<string, CompiledPolicy>;
  readonly #byEntries = new Map<string, Pipeline>();

  constructor(compiled: ReadonlyMap<string, CompiledPolicy>) {
    this.#compiled = compiled;
  }

  of(list: readonly Attached[]): Pipeline {
    const key = JSON.stringify(list.map(({ policy, mode, when }) => [policy, mode, ...when.map(({ text }) => text)]));
    let pipeline = this.#byEntries.get(key);
    if (pipeline === undefined) this.#byEntries.set(key, (pipeline = this.#compose(list)));
    return pipeline;
  }

  #compose(list: readonly Attached[]): Pipeline {
    const attachments: Attachment[] = [];
    for (const attached of list) {
      const found = this.#compiled.get(attached.policy);
      if (found === undefined) continue;
      const { file, line } = found.policy.place;
      const { mode, when } = attached;
      attachments.push({ instance: found.instance, slot: attachments.length, where: `${file}:${line}`, mode, when });
    }
    return composePipeline(attachments);
  }
}
