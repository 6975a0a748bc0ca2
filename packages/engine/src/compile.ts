import { refuses } from '@postern/model';
import type { Attached, Candidate, CheckedGroup, Plugin, Result } from '@postern/model';
import { buildTree, keyOfTree } from './group-table.ts';
import type { GroupTable } from './group-table.ts';
import { ConsumerPipelines } from './consumer-pipelines.ts';
import { Instances } from './instances.ts';
import { knownConsumers } from './known-consumers.ts';
import { composePipeline } from './pipeline.ts';
import type { Attachment, Pipeline } from './pipeline.ts';
import { Router } from './router.ts';
import { toCondition } from './condition.ts';
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
  // The snapshot keeps these alone: with all inputs in reach it would keep the one before it, and that one all before.
  const known = knownConsumers(document.consumers, inputs.plugins);
  const instances = new Instances({ ...inputs, policies: document.policies, known });
  for (const { name, mode } of document.policies) {
    if (mode === 'off') continue;
    instances.of(name, mode);
    yield;
  }
  const pipelines = new Pipelines(instances);
  const tables: GroupTable[] = [];
  const before = new Map(inputs.previous?.router.tables.map((table) => [table.group.name, table]));
  for (const group of document.groups) {
    tables.push(yield* compileGroup(group, { pipelines, before: before.get(group.name) }));
    yield;
  }
  const gateway = pipelines.of(document.gateway);
  const lists = document.consumers
    .filter(({ pipeline }) => pipeline.length > 0)
    .map(({ name, pipeline }) => [name, pipelines.of(pipeline).attachments] as const);
  const issues = [...known.issues, ...instances.issues];
  if (refuses(issues)) {
    instances.release();
    return { kind: 'refused', issues };
  }
  const snapshot = new Snapshot({
    revision,
    digest,
    origin: document.origin,
    router: new Router(tables),
    gateway,
    consumers: new ConsumerPipelines(new Map(lists)),
    upstreams: new Map(document.upstreams.map((upstream) => [upstream.name, upstream])),
    veil: veilOf(candidate, inputs.plugins),
    onClose: () => instances.release(),
  });
  return { kind: 'accepted', value: snapshot, warnings: issues };
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
  readonly #instances: Instances;
  readonly #byEntries = new Map<string, Pipeline>();

  constructor(instances: Instances) {
    this.#instances = instances;
  }

  of(list: readonly Attached[]): Pipeline {
    const key = JSON.stringify(
      list.map(({ policy, mode, when }) => [policy, mode, ...when.map(({ expression }) => expression)]),
    );
    let pipeline = this.#byEntries.get(key);
    if (pipeline === undefined) this.#byEntries.set(key, (pipeline = this.#compose(list)));
    return pipeline;
  }

  #compose(list: readonly Attached[]): Pipeline {
    const attachments: Attachment[] = [];
    for (const attached of list) {
      const { mode, when } = attached;
      const found = this.#instances.of(attached.policy, mode);
      if (found === undefined) continue;
      const { file, line } = found.policy.place;
      attachments.push({
        instance: found.instance,
        slot: attachments.length,
        where: `${file}:${line}`,
        mode,
        when,
        condition: toCondition(when),
      });
    }
    return composePipeline(attachments);
  }
}
