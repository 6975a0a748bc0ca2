import { Sharing, compileSnapshot } from '@postern/engine';
import type { Current, Runtime, Snapshot } from '@postern/engine';
import type {
  Applied,
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

type Accepted = Extract<Result<Snapshot>, { kind: 'accepted' }>;

/** The cell of a data plane in this process. */
export class LocalCell implements Cell {
  readonly #current: Current;
  readonly #lanes: Lanes;
  readonly #metrics: Metrics;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #proof: Proof;
  readonly #sharing: Sharing;
  readonly #isDraining: () => boolean;
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
  }) {
    const { metrics, log } = parts;
    this.#current = parts.current;
    this.#lanes = parts.lanes;
    this.#metrics = metrics;
    this.#plugins = parts.plugins;
    this.#proof = parts;
    this.#isDraining = parts.isDraining;
    this.#ring = parts.ring;
    this.#decisions = new Decisions(parts.ring, parts.plugins, (milliseconds, late) =>
      parts.runtime.after(milliseconds, late),
    );
    this.#sharing = new Sharing({
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

  status(): CellStatus {
    const { snapshot } = this.#current;
    return {
      ready: snapshot !== undefined && !this.#isDraining(),
      revision: snapshot?.revision,
      digest: snapshot?.digest,
      liveSnapshots: this.#current.live,
      policies: this.#policies(),
    };
  }

  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  decisions(filter: DecisionFilter): readonly DecisionSummary[] {
    return this.#ring.list(filter);
  }

  decision(id: string): Promise<ToldDecision | undefined> {
    return this.#decisions.tell(id);
  }

  async #apply(candidate: Candidate): Promise<Applied> {
    const compiled = await this.#compile(candidate);
    const proven = compiled.kind === 'refused' ? compiled : await this.#prove(candidate, compiled);
    const applied = proven.kind === 'refused' ? proven : this.#swap(candidate, proven);
    if (applied.kind === 'accepted') {
      this.#metrics.serves(candidate.revision);
      this.#decisions.hold(candidate);
    }
    return applied;
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

  /** Opens the lanes that the snapshot needs, then lets new exchanges begin on it. */
  #swap(candidate: Candidate, compiled: Accepted): Applied {
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
    this.#current.swap(compiled.value);
    // Counted when somebody asks: ten thousand routes must not hold up a swap.
    let policies: CellStatus['policies'] | undefined;
    this.#policies = () => (policies ??= runningPolicies(candidate.document));
    return { kind: 'accepted', warnings: compiled.warnings };
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
