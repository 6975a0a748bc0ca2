/** Clock and chance, handed in by the rim so that the engine does no I/O and a decision can be replayed. */
export interface Runtime {
  /** Milliseconds since 1970. */
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Calls `late` after so many milliseconds unless the returned function is called first. */
  after(milliseconds: number, late: () => void): () => void;
}
