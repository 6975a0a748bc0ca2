import type { Snapshot } from './snapshot.ts';

/** The one mutable cell: which snapshot new exchanges begin on. A reload is one assignment here. */
export class Current {
  #snapshot: Snapshot | undefined = undefined;
  #retired: Snapshot[] = [];

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Snapshots that still have exchanges, the serving one included. */
  get live(): number {
    this.#retired = this.#retired.filter((snapshot) => !snapshot.closed);
    return this.#retired.length + (this.#snapshot === undefined ? 0 : 1);
  }

  /** The serving snapshot, counted: `release` it when the exchange has ended. Undefined before the first document. */
  lease(): Snapshot | undefined {
    this.#snapshot?.lease();
    return this.#snapshot;
  }

  /** Lets new exchanges begin on `next`; those under way end on the one they began with. */
  swap(next: Snapshot): void {
    const before = this.#snapshot;
    this.#snapshot = next;
    this.#retire(before);
  }

  /** Ends serving, at shutdown. */
  clear(): void {
    const before = this.#snapshot;
    this.#snapshot = undefined;
    this.#retire(before);
  }

  #retire(snapshot: Snapshot | undefined): void {
    if (snapshot === undefined) return;
    snapshot.retire();
    this.#retired = [...this.#retired, snapshot].filter((retired) => !retired.closed);
  }
}
