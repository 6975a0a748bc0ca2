import { Sharing, compileSnapshot } from '@postern/engine';
import type { Current, Runtime, Snapshot } from '@postern/engine';
import type {
  Applied,
  Budgets,
  Candidate,
  Cell,
  CellStatus,
  CheckedUpstream,
  DecisionFilter,
  DecisionSummary,
  Issue,
  Log,
  Plugin,
  Requirement,
  Result,
  ToldDecision,
} from '@postern/model';
import { refuses } from '@postern/model';
import type { DecisionRing } from './decision-ring.ts';
import { Decisions } from './decisions.ts';
import { drive } from './drive.ts';
import type { Lanes } from './lanes.ts';
import type { Metrics } from './metrics.ts';
import { prove } from './proof.ts';
import type { Proof } from './proof.ts';
import { runningPolicies } from './running-policies.ts';
import { logSome } from './shadow-log.ts';
import type { Shedding } from './shedding.ts';

type Accepted = Extract<Result<Snapshot>, { kind: 'accepted' }>;

/** What became of a candidate that is not to serve at once: it holds all that serving takes until one of the two is called. */
export type Prepared =
  | {
      readonly kind: 'prepared';
      readonly warnings: readonly Issue[];
      /** Lets new exchanges begin on it. */
      commit(): void;
      /** Gives back what it holds. */
      abandon(): void;
    }
  | Extract<Applied, { kind: 'refused' }>;

/** A cell that can be asked to wait before it swaps: several of them then swap together, or none does. */
export interface PreparingCell extends Cell {
  /** Compiles, proves and opens what serving takes. One at a time, and none while another waits for its commit. */
  prepare(candidate: Candidate): Promise<Prepared>;
}

/** The cell of a data plane in this process. */
export class LocalCell implements PreparingCell {
  readonly #current: Current;
  readonly #lanes: Lanes;
  readonly #metrics: Metrics;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #proof: Proof;
  readonly #sharing: Sharing;
  readonly #isDraining: () => boolean;
  readonly #shedding: Pick<Shedding, 'state'>;
  readonly #ring: DecisionRing;
  readonly #decisions: Decisions;
  #policies: () => CellStatus['policies'] = () => [];
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    readonly current: Current;
    readonly lanes: Lanes;
    readonly metrics: Metrics;
    readonly plugins: ReadonlyMap<string, Plugin>;
    /** Invariants of the server section: read once, so that no later document takes one away. */
    readonly require: readonly Requirement[];
    readonly log: Log;
    readonly ring: DecisionRing;
    readonly runtime: Runtime;
    readonly isDraining: () => boolean;
    readonly shedding: Pick<Shedding, 'state'>;
    /** Absent: this process counts alone. */
    readonly budgets: Budgets | undefined;
  }) {
    const { metrics, log } = parts;
    this.#current = parts.current;
    this.#lanes = parts.lanes;
    this.#metrics = metrics;
    this.#plugins = parts.plugins;
    this.#proof = parts;
    this.#isDraining = parts.isDraining;
    this.#shedding = parts.shedding;
    this.#ring = parts.ring;
    this.#decisions = new Decisions(parts.ring, parts.plugins, (milliseconds, late) =>
      parts.runtime.after(milliseconds, late),
    );
    this.#sharing = new Sharing({
      budgets: parts.budgets,
      counter: (policy, event) => metrics.counter(policy, event),
      outcomes: (policy, mode) => {
        const outcomes = metrics.outcomes(policy, mode);
        return mode === 'shadow' ? { ...outcomes, failed: logSome(outcomes.failed, log) } : outcomes;
      },
      write: (_policy, record) => log.write(record),
      retain: (policy) => metrics.retain(policy),
      release: (policy) => metrics.release(policy),
    });
  }

  apply(candidate: Candidate): Promise<Applied> {
    const applied = this.#before.then(() => this.#apply(candidate));
    this.#before = applied.catch(() => undefined);
    return applied;
  }

  async prepare(candidate: Candidate): Promise<Prepared> {
    await this.#lanes.load(candidate.document.upstreams);
    const compiled = await this.#compile(candidate);
    const proven = compiled.kind === 'refused' ? compiled : await this.#prove(candidate, compiled);
    return proven.kind === 'refused' ? proven : this.#open(candidate, proven);
  }

  status(): CellStatus {
    const { snapshot } = this.#current;
    const { state: shedding } = this.#shedding;
    return {
      ready: snapshot !== undefined && !this.#isDraining() && shedding !== 'refusing',
      ...(shedding === undefined ? {} : { shedding }),
      revision: snapshot?.revision,
      digest: snapshot?.digest,
      liveSnapshots: this.#current.live,
      policies: this.#policies(),
    };
  }

  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  async decisions(filter: DecisionFilter): Promise<readonly DecisionSummary[]> {
    return this.#ring.list(filter);
  }

  decision(id: string): Promise<ToldDecision | undefined> {
    return this.#decisions.tell(id);
  }

  async #apply(candidate: Candidate): Promise<Applied> {
    const prepared = await this.prepare(candidate);
    if (prepared.kind === 'refused') return prepared;
    prepared.commit();
    return { kind: 'accepted', warnings: prepared.warnings };
  }

  #compile(candidate: Candidate): Promise<Result<Snapshot>> {
    const previous = this.#current.snapshot;
    const stages = compileSnapshot(candidate, { plugins: this.#plugins, sharing: this.#sharing, previous });
    return drive(stages);
  }

  /** Stage 3; a refused candidate leaves nothing behind. */
  async #prove(candidate: Candidate, compiled: Accepted): Promise<Result<Snapshot>> {
    let isProven = false;
    try {
      const issues = [...compiled.warnings, ...(await prove(candidate, compiled.value, this.#proof))];
      isProven = !refuses(issues);
      return isProven ? { ...compiled, warnings: issues } : { kind: 'refused', issues };
    } finally {
      if (!isProven) compiled.value.retire();
    }
  }

  /** Opens the lanes that the snapshot needs. */
  #open(candidate: Candidate, compiled: Accepted): Prepared {
    const { upstreams } = candidate.document;
    const opened: CheckedUpstream[] = [];
    const close = (): void => {
      for (const upstream of opened) this.#lanes.close(upstream);
    };
    for (const upstream of upstreams) {
      try {
        this.#lanes.open(upstream);
        opened.push(upstream);
      } catch (error) {
        close();
        compiled.value.retire();
        return { kind: 'refused', issues: [unreadableTls(upstream, error)] };
      }
    }
    compiled.value.onClosed(close);
    return {
      kind: 'prepared',
      warnings: compiled.warnings,
      commit: () => this.#swap(candidate, compiled.value),
      abandon: () => compiled.value.retire(),
    };
  }

  #swap(candidate: Candidate, snapshot: Snapshot): void {
    this.#current.swap(snapshot);
    this.#metrics.serves(candidate.revision);
    this.#decisions.hold(candidate);
    // Counted when somebody asks: ten thousand routes must not hold up a swap.
    let policies: CellStatus['policies'] | undefined;
    this.#policies = () => (policies ??= runningPolicies(candidate.document));
  }
}

function unreadableTls(upstream: CheckedUpstream, error: unknown): Issue {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    severity: 'error',
    code: 'upstream/tls-unreadable',
    message: `upstreams.${upstream.name}.tls: ${reason}`,
    ...upstream.place,
    pointer: '/upstreams',
    fix: 'check that the files exist, hold PEM, and may be read by the gateway',
  };
}
