import type { Issue, Outcome } from '@postern/kit';
import type { Bucket } from './bucket.ts';

/** What a node says about the newest document it was given, as JSON under `node.<key>.<node>`. */
export interface NodeReport {
  readonly node: string;
  /** Of the newest document: null before the first. */
  readonly revision: number | null;
  readonly digest: string | null;
  readonly state: 'accepted' | 'refused' | null;
  readonly issues: readonly Issue[];
  /** The node's clock, for people only: the entry carries the server's. */
  readonly at: string;
  readonly version: string;
  /** Origin of what serves, and how it came when not over the bus: null when nothing serves. */
  readonly source: string | null;
  /** What serves: another than the newest when that was refused. */
  readonly serving: { readonly revision: number; readonly digest: string } | null;
  readonly uptimeSeconds: number;
}

/** Milliseconds after which a node that said nothing is taken for dead, by the server's clock; four heartbeats. */
export const NODE_TTL = 20_000;

/** Issues of a report: who wants all of them asks the node. */
const MOST_ISSUES = 20;

/** Speaks for a node, when something is decided and as a heartbeat. Trouble in it is told, never thrown. */
export class Voice {
  readonly #about: { readonly node: string; readonly version: string; readonly key: string };
  readonly #started = performance.now();
  #bucket: Bucket | undefined;
  #newest: Outcome | undefined;
  #serving: { readonly outcome: Outcome; readonly source: string } | undefined;
  #speaking: Promise<void> | undefined;
  #again = false;

  constructor(about: { readonly node: string; readonly version: string; readonly key: string }) {
    this.#about = about;
  }

  /** Where to speak; undefined: nowhere now. */
  set bucket(bucket: Bucket | undefined) {
    this.#bucket = bucket;
  }

  get bucket(): Bucket | undefined {
    return this.#bucket;
  }

  /** Whether there was a document to speak of. */
  get hasHeard(): boolean {
    return this.#newest !== undefined;
  }

  /** The newest document and what became of it. That what serves still does, said again, undoes no refusal of a newer one. */
  heard(outcome: Outcome): void {
    const [newest, serving] = [this.#newest, this.#serving?.outcome];
    const saidAgain = outcome.state === 'accepted' && outcome.digest === serving?.digest;
    if (saidAgain && newest?.state === 'refused' && newest.revision > outcome.revision) return;
    this.#newest = outcome;
  }

  serves(outcome: Outcome, source: string): void {
    this.#serving = { outcome, source };
  }

  /** Publishes what there is to say now; what changes meanwhile is said right after. Rejects with `BusError`. */
  async speak(): Promise<void> {
    this.#again = true;
    if (this.#speaking === undefined) {
      const speaking = this.#speakOn().finally(() => {
        if (this.#speaking === speaking) this.#speaking = undefined;
      });
      this.#speaking = speaking;
    }
    await this.#speaking;
  }

  /** Does not wait for what is under way: a connection that broke never answers. */
  startOver(): void {
    this.#speaking = undefined;
  }

  /** Takes back what was said: the node ends on purpose, nobody has to wait for it to age out. */
  async leave(): Promise<void> {
    await this.#speaking?.catch(() => undefined);
    await this.#bucket?.purge(this.#subject());
    this.#bucket = undefined;
  }

  async #speakOn(): Promise<void> {
    while (this.#again && this.#bucket !== undefined) {
      this.#again = false;
      await this.#bucket.put(this.#subject(), new TextEncoder().encode(JSON.stringify(this.#report())));
    }
  }

  #subject(): string {
    return `node.${this.#about.key}.${this.#about.node}`;
  }

  #report(): NodeReport {
    const { node, version } = this.#about;
    const newest = this.#newest;
    const serving = this.#serving;
    return {
      node,
      revision: newest?.revision ?? null,
      digest: newest?.digest ?? null,
      state: newest?.state ?? null,
      issues: newest?.issues.slice(0, MOST_ISSUES) ?? [],
      at: new Date().toISOString(),
      version,
      source: serving?.source ?? null,
      serving: serving === undefined ? null : { revision: serving.outcome.revision, digest: serving.outcome.digest },
      uptimeSeconds: Math.round((performance.now() - this.#started) / 1000),
    };
  }
}
