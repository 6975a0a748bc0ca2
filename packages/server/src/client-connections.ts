import type { Server, Socket } from 'node:net';
import type { Log } from '@postern/model';
import type { Vitals } from './vitals.ts';

/** Milliseconds between two lines of the log about connections that were turned away. */
const PAUSE = 10_000;

/**
 * The connections of all listeners of a process. What is over the most there may be is closed by the system's side of Node
 * before anything is read or made for it: an answer would want a descriptor, a TLS handshake and a while of reading on, of
 * which there is too little just then. Not one byte was read, so the client may try again, here or elsewhere.
 */
export class ClientConnections {
  readonly #most: number;
  readonly #vitals: Vitals;
  readonly #log: Pick<Log, 'warn'>;
  readonly #servers = new Set<Server>();
  readonly #left = (): void => this.#count(-1);
  #turnedAway = 0;
  #pause: NodeJS.Timeout | undefined = undefined;

  constructor(most: number, { vitals, log }: { readonly vitals: Vitals; readonly log: Pick<Log, 'warn'> }) {
    this.#most = most;
    this.#vitals = vitals;
    this.#log = log;
  }

  /** Counts the connections of one more server. */
  watch(server: Server): void {
    this.#servers.add(server);
    server.maxConnections = this.#room;
    server.on('connection', (socket: Socket) => {
      this.#count(1);
      socket.once('close', this.#left);
    });
    server.on('drop', () => this.#turnAway());
    server.once('close', () => this.#servers.delete(server));
  }

  /** 0 has a server drop all that comes. */
  get #room(): number {
    return this.#vitals.connections.value < this.#most ? this.#most : 0;
  }

  #count(one: 1 | -1): void {
    const { connections } = this.#vitals;
    const before = this.#room;
    connections.value += one;
    if (this.#room !== before) for (const server of this.#servers) server.maxConnections = this.#room;
  }

  #turnAway(): void {
    this.#vitals.dropped.count += 1;
    this.#turnedAway += 1;
    if (this.#pause === undefined) this.#tell();
  }

  /** The first at once, what follows it later in one line. */
  #tell(): void {
    const dropped = this.#turnedAway;
    this.#turnedAway = 0;
    this.#pause = undefined;
    if (dropped === 0) return;
    this.#log.warn(
      { dropped, most: this.#most },
      `${dropped === 1 ? 'a new connection was' : `${dropped} new connections were`} closed: there are ${this.#most}, and more there may not be`,
    );
    this.#pause = setTimeout(() => this.#tell(), PAUSE).unref();
  }
}
