import { setImmediate } from 'node:timers/promises';
import { Sharing, compileSnapshot } from '@postern/engine';
import type { Current, Snapshot } from '@postern/engine';
import type { Applied, Candidate, Cell, CellStatus, CheckedUpstream, Issue, Log, Plugin, Result } from '@postern/model';
import type { Lanes } from './lanes.ts';
import type { Metrics } from './metrics.ts';
import { runningPolicies } from './running-policies.ts';

/** Milliseconds of compiling between two turns of the event loop: requests go on in between. */
const SLICE = 5;

/** The cell of a data plane in this process. */
export class LocalCell implements Cell {
  readonly #current: Current;
  readonly #lanes: Lanes;
  readonly #metrics: Metrics;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #sharing: Sharing;
  readonly #isDraining: () => boolean;
  #policies: () => CellStatus['policies'] = () => [];
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    readonly current: Current;
    readonly lanes: Lanes;
    readonly metrics: Metrics;
    readonly plugins: ReadonlyMap<string, Plugin>;
    readonly log: Log;
    readonly isDraining: () => boolean;
  }) {
    const { metrics, log } = parts;
    this.#current = parts.current;
    this.#lanes = parts.lanes;
    this.#metrics = metrics;
    this.#plugins = parts.plugins;
    this.#isDraining = parts.isDraining;
    this.#sharing = new Sharing({
      counter: (policy, event) => metrics.counter(policy, event),
      outcomes: (policy) => metrics.outcomes(policy),
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

  async #apply(candidate: Candidate): Promise<Applied> {
    const compiled = await this.#compile(candidate);
    const applied = compiled.kind === 'refused' ? compiled : this.#swap(candidate, compiled);
    if (applied.kind === 'accepted') this.#metrics.serves(candidate.revision);
    return applied;
  }

  async #compile(candidate: Candidate): Promise<Result<Snapshot>> {
    const previous = this.#current.snapshot;
    const stages = compileSnapshot(candidate, { plugins: this.#plugins, sharing: this.#sharing, previous });
    let until = performance.now() + SLICE;
    for (;;) {
      const step = stages.next();
      if (step.done === true) return step.value;
      if (performance.now() < until) continue;
      await setImmediate();
      until = performance.now() + SLICE;
    }
  }

  /** Opens the lanes that the snapshot needs, then lets new exchanges begin on it. */
  #swap(candidate: Candidate, compiled: { readonly value: Snapshot; readonly warnings: readonly Issue[] }): Applied {
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
