import type { CheckedUpstream } from '@postern/model';
import { ConsumerPipelines } from './consumer-pipelines.ts';
import type { Pipeline } from './pipeline.ts';
import type { Router } from './router.ts';
import { Veil } from './veil.ts';

/** A compiled, frozen live section. Counts the exchanges that began on it and closes after the last of them. */
export class Snapshot {
  readonly revision: number;
  readonly digest: string;
  /** The document's file, or its key on the bus. */
  readonly origin: string;
  readonly router: Router;
  /** The gateway's own list, for requests that no group takes. */
  readonly gateway: Pipeline;
  readonly upstreams: ReadonlyMap<string, CheckedUpstream>;
  /** Policies that consumers bring along. */
  readonly consumers: ConsumerPipelines;
  /** What decisions must not show. */
  readonly veil: Veil;
  #leases = 0;
  #retired = false;
  #closed = false;
  readonly #onClosed: (() => void)[];

  constructor(parts: {
    readonly revision: number;
    readonly digest: string;
    readonly origin?: string;
    readonly router: Router;
    readonly gateway: Pipeline;
    readonly upstreams: ReadonlyMap<string, CheckedUpstream>;
    readonly consumers?: ConsumerPipelines;
    readonly veil?: Veil;
    /** Gives back what this snapshot shares with others: policy instances, kept state. */
    readonly onClose: () => void;
  }) {
    this.revision = parts.revision;
    this.digest = parts.digest;
    this.origin = parts.origin ?? '';
    this.router = parts.router;
    this.gateway = parts.gateway;
    this.upstreams = parts.upstreams;
    this.consumers = parts.consumers ?? new ConsumerPipelines();
    this.veil = parts.veil ?? new Veil();
    this.#onClosed = [parts.onClose];
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls `closed` when this snapshot closes: for what the rim keeps for it, such as pools. */
  onClosed(closed: () => void): void {
    this.#onClosed.push(closed);
  }

  lease(): void {
    this.#leases += 1;
  }

  release(): void {
    this.#leases -= 1;
    if (this.#retired && this.#leases === 0) this.#close();
  }

  /** No exchange begins on it any more; it closes when the last one has ended. */
  retire(): void {
    this.#retired = true;
    if (this.#leases === 0) this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const closed of this.#onClosed.splice(0)) closed();
  }
}
