/** A pool that can do with one connection less. */
export interface Yielding {
  /** Closes the connection that has waited longest; false when none waits. */
  giveWay(): boolean;
}

/** Room for the connections to all upstreams of a process: the system lets it have so many open files, and no more. */
export class UpstreamRoom {
  /** Connections that there may be. */
  readonly most: number;
  readonly #pools = new Set<Yielding>();
  #left: number;

  constructor(most: number) {
    this.most = most;
    this.#left = most;
  }

  /** Takes a place, in that of a connection which waits for a call, where there must be. False: all are busy. */
  take(): boolean {
    if (this.#left <= 0 && ![...this.#pools].some((pool) => pool.giveWay())) return false;
    this.#left -= 1;
    return true;
  }

  /** Gives one back. */
  give(): void {
    this.#left += 1;
  }

  join(pool: Yielding): void {
    this.#pools.add(pool);
  }

  leave(pool: Yielding): void {
    this.#pools.delete(pool);
  }
}
