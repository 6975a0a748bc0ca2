/** Looks in a row that have to be late before it counts: one long turn, a big document or a collection, is over by then. */
const LATE = 4;
/** Looks in a row that have to be in time before it is over. */
const WELL = 8;

/** Judges how long a process's own work holds its event loop up. */
export class LoopDelay {
  readonly #most: number;
  #late = 0;
  #veryLate = 0;
  #well = 0;
  /** Milliseconds, at the last look. */
  last = 0;
  state: 'calm' | 'closing' | 'refusing' = 'calm';

  /** `most`: milliseconds that are too much; twice that is far too much. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes what a look measured. */
  add(milliseconds: number): void {
    const most = this.#most;
    this.last = Math.max(0, milliseconds);
    this.#late = this.last >= most ? this.#late + 1 : 0;
    this.#veryLate = this.last >= 2 * most ? this.#veryLate + 1 : 0;
    this.#well = this.last < most / 2 ? this.#well + 1 : 0;
    if (this.#veryLate >= LATE) this.state = 'refusing';
    else if (this.#late >= LATE && this.state === 'calm') this.state = 'closing';
    else if (this.#well >= WELL) this.state = 'calm';
  }
}
