/** Revisions that a bucket of documents keeps of each key: how far back `history` and `rollback` reach. */
export const HISTORY = 64;

/** What happens to a connection. `turned-away`: a server does not take, or no longer, who we are. */
export type Change =
  | { readonly kind: 'disconnected' | 'reconnected' | 'closed' }
  | { readonly kind: 'turned-away'; readonly error: BusError };

/** A connection that mends itself until it is closed. */
export interface Bus {
  readonly serverVersion: string;
  /** Opens a bucket, or makes it when `create` is given and it is not there; `ttl` in milliseconds. */
  bucket(name: string, create?: { readonly history: number; readonly ttl?: number }): Promise<Bucket>;
  /** What happens to the connection from now on; every reader has its own. Ends after `closed`. */
  changes(): AsyncIterable<Change, void, undefined>;
  close(): Promise<void>;
}

/** A key-value bucket. Every method rejects with `BusError`. */
export interface Bucket {
  readonly name: string;
  /** When the stream behind it was made, asked from the server: another time is another history. */
  created(): Promise<string>;
  /** The newest entry of a key, or the one of a revision; what deletes the key is an entry too. */
  get(key: string, revision?: number): Promise<Entry | undefined>;
  /** The newest entry of every key that matches a pattern (`node.edge.*`): two round trips, however many there are. */
  latest(pattern: string): Promise<Latest>;
  /** Resolves with the new revision. `expect`: the key's revision that must still be the newest; 0: none at all. */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<number>;
  /** Removes all the bucket has of a key, except a marker that says so. */
  purge(key: string): Promise<void>;
  /** All entries of a key that the bucket still has, those after a revision when one is given, oldest first. */
  history(key: string, after?: number): Promise<readonly Entry[]>;
  /**
   * The newest entry of every matching key, then what follows; with `from`, everything from that revision on. After a
   * broken connection it is blind for seconds: open it anew on `reconnected`. Ends with the signal.
   */
  watch(key: string, from: number | undefined, signal: AbortSignal): AsyncIterable<Entry, void, undefined>;
}

/** Newest entries, in no order, and the server's time: ISO 8601, undefined of a server before 2.10. */
export interface Latest {
  readonly entries: readonly Entry[];
  readonly serverTime: string | undefined;
}

/** What goes with a value. */
export interface PutOptions {
  readonly expect?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One revision of a key. */
export interface Entry {
  readonly key: string;
  readonly revision: number;
  readonly bytes: Uint8Array;
  readonly operation: 'put' | 'delete' | 'purge';
  /** The server's time, ISO 8601. */
  readonly at: string;
  /** Names as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What an operation failed on; a right that is missing is named in the message. `unusable`: a file here that says who to be;
 * `tls`: one side does not trust the other's certificate; `unavailable`: the server is there, and JetStream is not, or not now.
 */
export class BusError extends Error {
  readonly kind: 'denied' | 'unusable' | 'tls' | 'no-bucket' | 'conflict' | 'unavailable' | 'unreachable' | 'other';

  constructor(kind: BusError['kind'], message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'BusError';
    this.kind = kind;
  }
}
