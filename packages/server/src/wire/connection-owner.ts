/** Who the connections to an upstream belong to. */
export interface ConnectionOwner<Connection> {
  readonly timeouts: { readonly connect: number; readonly headers: number; readonly idle: number };
  /** It waits for another call. */
  freed(connection: Connection): void;
  /**
   * The same, but not just yet: nothing was read from it for a while, or upstreams are known to send too much behind an answer
   * like this, in a packet of its own.
   */
  doubted(connection: Connection): void;
  /** It carries no more calls. */
  gone(connection: Connection): void;
}
