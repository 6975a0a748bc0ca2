/** One question to a store: the key, and what is to be taken. */
export interface Question {
  readonly key: string;
  /** Algorithm, limit, window in milliseconds, burst, amount. */
  readonly words: readonly [string, number, number, number, number];
  /** Milliseconds. */
  readonly timeout: number;
}

/** A connection to a store. */
export interface StoreLink {
  /** What the store says: granted (1 or 0), remaining, milliseconds. Rejects when it does not say it in time, with words that show no password. */
  take(question: Question): Promise<unknown>;
  close(): void;
}
