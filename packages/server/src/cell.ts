import { setImmediate } from 'node:timers/promises';
import { Sharing, compileSnapshot, requireIssues, runPolicyTests } from '@postern/engine';
import type { Current, Snapshot } from '@postern/engine';
import type {
  Applied,
  Candidate,
  Cell,
  CellStatus,
  CheckedUpstream,
  Issue,
  Log,
  Plugin,
  Requirement,
  Result,
} from '@postern/model';
import { refuses } from '@postern/model';
import type { Lanes } from './lanes.ts';
import type { Metrics } from './metrics.ts';
import { RUNTIME } from './runtime.ts';

/** Milliseconds of compiling between two turns of the event loop: requests go on in between. */
const SLICE = 5;

/** Milliseconds that the tests of a document have together. */
const TESTS = 2000;

type Accepted = Extract<Result<Snapshot>, { kind: 'accepted' }>;

/** The cell of a data plane in this process. */
export class LocalCell implements Cell {
  readonly #current: Current;
  readonly #lanes: Lanes;
  readonly #metrics: Metrics;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #require: readonly Requirement[];
  readonly #sharing: Sharing;
  readonly #isDraining: () => boolean;
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    readonly current: Current;
    readonly lanes: Lanes;
    readonly metrics: Metrics;
    readonly plugins: ReadonlyMap<string, Plugin>;
    /** Invariants of the server section: read once, so that no later document takes one away. */
    readonly require: readonly Requirement[];
    readonly log: Log;
    readonly isDraining: () => boolean;
  }) {
    const { metrics, log } = parts;
    this.#current = parts.current;
    this.#lanes = parts.lanes;
    this.#metrics = metrics;
    this.#plugins = parts.plugins;
    this.#require = parts.require;
    this.#isDraining = parts.isDraining;
    this.#sharing = new Sharing({
      counter: (policy, event) => metrics.counter(policy, event),
      outcomes: (policy) => metrics.outcomes(policy),
      write: (_policy, record) => log.write(record),
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
    };
  }

  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  async #apply(candidate: Candidate): Promise<Applied> {
    const compiled = await this.#compile(candidate);
    const proven = compiled.kind === 'refused' ? compiled : await this.#prove(candidate, compiled);
    const applied = proven.kind === 'refused' ? proven : this.#swap(candidate, proven);
    if (applied.kind === 'accepted') this.#metrics.serves(candidate.revision);
    return applied;
  }

  async #compile(candidate: Candidate): Promise<Result<Snapshot>> {
    const previous = this.#current.snapshot;
    const stages = compileSnapshot(candidate, { plugins: this.#plugins, sharing: this.#sharing, previous });
    const pause = slicer();
    for (;;) {
      const step = stages.next();
      if (step.done === true) return step.value;
      const others = pause();
      if (others !== undefined) await others;
    }
  }

  /** Holds the compiled document against the invariants and its own tests; a refused one leaves nothing behind. */
  async #prove(candidate: Candidate, compiled: Accepted): Promise<Result<Snapshot>> {
    const { value: snapshot, warnings } = compiled;
    const issues = [...warnings, ...requireIssues(candidate.document, snapshot, this.#require)];
    if (!refuses(issues)) issues.push(...(await this.#test(candidate, snapshot)));
    if (!refuses(issues)) return { ...compiled, warnings: issues };
    snapshot.retire();
    return { kind: 'refused', issues };
  }

  async #test(candidate: Candidate, snapshot: Snapshot): Promise<readonly Issue[]> {
    const { issues } = await runPolicyTests(candidate, {
      plugins: this.#plugins,
      snapshot,
      after: (milliseconds, late) => RUNTIME.after(milliseconds, late),
      pause: slicer(),
      deadline: TESTS,
    });
    return issues;
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
    return { kind: 'accepted', warnings: compiled.warnings };
  }
}

/** Makes a function that lets requests go on once a slice of work is over, and costs nothing until then. */
function slicer(): () => Promise<void> | undefined {
  let until = performance.now() + SLICE;
  return () => {
    if (performance.now() < until) return undefined;
    return setImmediate().then(() => {
      until = performance.now() + SLICE;
    });
  };
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
