import { compileApart, recordedDecision, rehearse, replayInputs } from '@postern/engine';
import type { Runtime } from '@postern/engine';
import type { Candidate, Plugin, ToldDecision } from '@postern/model';
import type { DecisionRing } from './decision-ring.ts';
import { drive } from './drive.ts';

/** Documents that are held for decisions after the fact, the serving one among them. */
const HELD = 4;

/** Rebuilds decisions of past exchanges, one at a time, and never on the way of a request. */
export class Decisions {
  readonly #ring: DecisionRing;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #after: Runtime['after'];
  /** Newest last. */
  readonly #candidates: Candidate[] = [];
  #before: Promise<unknown> = Promise.resolve();

  constructor(ring: DecisionRing, plugins: ReadonlyMap<string, Plugin>, after: Runtime['after']) {
    this.#ring = ring;
    this.#plugins = plugins;
    this.#after = after;
  }

  /** Holds a document that serves from now on. */
  hold(candidate: Candidate): void {
    const known = this.#candidates.findIndex(({ digest }) => digest === candidate.digest);
    if (known !== -1) this.#candidates.splice(known, 1);
    this.#candidates.push(candidate);
    if (this.#candidates.length > HELD) this.#candidates.shift();
  }

  /** The decision under that id, made again from what was kept. */
  tell(id: string): Promise<ToldDecision | undefined> {
    const told = this.#before.then(() => this.#tell(id));
    this.#before = told.catch(() => undefined);
    return told;
  }

  async #tell(id: string): Promise<ToldDecision | undefined> {
    const record = this.#ring.find(id);
    if (record === undefined) return undefined;
    const gone = { ...recordedDecision(record), record, documentGone: true };
    const candidate = this.#candidates.find(({ digest }) => digest === record.digest);
    if (candidate === undefined) return gone;
    const compiled = await drive(compileApart({ ...candidate, revision: record.revision }, this.#plugins));
    if (compiled.kind === 'refused') return gone;
    const snapshot = compiled.value;
    try {
      const staged = { document: candidate.document, snapshot };
      const { decision } = await rehearse(replayInputs(record, staged, this.#after));
      return { ...decision, id, record, documentGone: false };
    } finally {
      snapshot.retire();
    }
  }
}
