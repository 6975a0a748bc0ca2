import type { Attachment, Pipeline } from './pipeline.ts';
import { composePipeline } from './pipeline.ts';

/** The policies that consumers bring along, and the pipelines that they make of those of routes. */
export class ConsumerPipelines {
  /** By consumer; those without policies of their own are not among them. */
  readonly #lists: ReadonlyMap<string, readonly Attachment[]>;
  /** By the list of the route, then by that of the consumer, then by the slot of the policy that named it: made when first met. */
  readonly #joined = new WeakMap<readonly Attachment[], Map<readonly Attachment[], Map<number, Pipeline>>>();

  constructor(lists: ReadonlyMap<string, readonly Attachment[]> = new Map()) {
    this.#lists = lists;
  }

  /** Whether a consumer brings any policies. */
  has(consumer: string): boolean {
    return this.#lists.has(consumer);
  }

  /**
   * A pipeline with the consumer's policies right behind the one in `slot`, which named it. Those that ran before are not
   * repeated; those that were to come later run here instead. The old slots stay what they are.
   */
  join({ attachments }: Pipeline, slot: number, consumer: string): Pipeline | undefined {
    const list = this.#lists.get(consumer);
    if (list === undefined) return undefined;
    const ofList = this.#joined.get(attachments) ?? new Map<readonly Attachment[], Map<number, Pipeline>>();
    this.#joined.set(attachments, ofList);
    const bySlot = ofList.get(list) ?? new Map<number, Pipeline>();
    ofList.set(list, bySlot);
    let joined = bySlot.get(slot);
    if (joined === undefined) bySlot.set(slot, (joined = composePipeline(merge(attachments, slot, list))));
    return joined;
  }
}

function merge(attachments: readonly Attachment[], slot: number, list: readonly Attachment[]): readonly Attachment[] {
  const at = attachments.findIndex((attachment) => attachment.slot === slot);
  const before = attachments.slice(0, at + 1);
  const own = list
    .filter((attachment) => !before.some((other) => makesNeedless(other, attachment)))
    .map((attachment, index) => ({ ...attachment, slot: attachments.length + index }));
  const rest = attachments.slice(at + 1).filter((attachment) => !own.some((other) => makesNeedless(other, attachment)));
  return [...before, ...own, ...rest];
}

/** A policy runs once; one that is enforced is not done with where it only was tried. */
function makesNeedless(first: Attachment, later: Attachment): boolean {
  return (
    first.instance.policy.name === later.instance.policy.name && (first.mode === 'enforce' || first.mode === later.mode)
  );
}
