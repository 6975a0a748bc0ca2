/** Room for a number of things at once; who finds none does not wait. */
export class Slots {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one, or says that there is none. Give it back once. */
  take(): boolean {
    if (this.#taken >= this.#most) return false;
    this.#taken += 1;
    return true;
  }

  give(): void {
    this.#taken -= 1;
  }
}

// Of the process, not of a policy: they share its processor, its memory and the four threads on which Node hashes, reads files and
// looks up names.
export const HASH_SLOTS = new Slots(4);
/** What policies in shadow hash with: they must not make those busy that count. */
export const SHADOW_HASH_SLOTS = new Slots(1);
