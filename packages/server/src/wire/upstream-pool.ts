import type { ConnectionOwner } from './connection-owner.ts';
import { UpstreamCall } from './upstream-call.ts';
import type { Carrier, UpstreamHandler } from './upstream-call.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import type { Dial } from './upstream-dial.ts';
import { UpstreamError } from './upstream-error.ts';
import { requestHead } from './upstream-request.ts';
import type { UpstreamRoom } from './upstream-room.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** Milliseconds between two looks at the deadlines of a pool: nothing is later than twice this. */
const TICK = 100;

type Timeouts = ConnectionOwner<UpstreamConnection>['timeouts'];

/** How a pool is made. */
export interface PoolOptions {
  readonly dial: Dial;
  /** Milliseconds. */
  readonly timeouts: Timeouts;
  /** Connections at most; further calls wait in turn, no longer than a connection may take. */
  readonly most: number;
  /** Calls that may wait. */
  readonly mostWaiting: number;
  /** What all pools of a process share. */
  readonly room: UpstreamRoom;
}

/**
 * The connections to one target. The one used last is used next, so that those a burst needed run out; no call has a timer
 * of its own: one look now and then finds all that is late, and ends when there is no connection left.
 */
export class UpstreamPool implements ConnectionOwner<UpstreamConnection> {
  readonly timeouts: Timeouts;
  readonly #dial: Dial;
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #room: UpstreamRoom;
  /** Calls that wait and were not given up. */
  #waiting = 0;
  /** What a call is on while it waits. */
  readonly #queue: Carrier = {
    resume: () => undefined,
    abort: () => {
      this.#waiting -= 1;
    },
  };
  readonly #all = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  /** Doubted in this turn of the event loop, and in the one before. */
  #resting: UpstreamConnection[] = [];
  #rested: UpstreamConnection[] = [];
  #first: UpstreamCall | undefined = undefined;
  #last: UpstreamCall | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #looked = 0;
  #closed = false;

  constructor({ dial, timeouts, most, mostWaiting, room }: PoolOptions) {
    this.#dial = dial;
    this.timeouts = timeouts;
    this.#most = most;
    this.#mostWaiting = mostWaiting;
    this.#room = room;
    room.join(this);
  }

  /**
   * Asks the upstream. Throws, and sends nothing, when the request cannot be written, the pool is closed, or so many wait
   * already that one more had no chance.
   */
  call(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    if (this.#closed) throw new UpstreamError('POSTERN_POOL_CLOSED', 'the connections to this target are closed');
    const call = new UpstreamCall(request, handler, requestHead(request));
    const connection = request.fresh ? undefined : this.#takeIdle();
    if (connection !== undefined) {
      connection.begin(call);
      return call;
    }
    // Only for one that wants no other: the connection that has waited longest makes room.
    if (this.#all.size >= this.#most) this.#idle[0]?.close();
    if (this.#all.size < this.#most && this.#room.take()) this.#open(call);
    else this.#enqueue(call);
    return call;
  }

  giveWay(): boolean {
    const [oldest] = this.#idle;
    oldest?.close();
    return oldest !== undefined;
  }

  /** Ends what waits at once, and what is busy when its call ends. */
  close(): void {
    this.#closed = true;
    this.#room.leave(this);
    for (const connection of this.#all) connection.retire();
  }

  freed(connection: UpstreamConnection): void {
    const next = this.#dequeue();
    if (next !== undefined) connection.begin(next);
    else if (this.#closed) connection.retire();
    else this.#idle.push(connection);
  }

  /** It is used again only when the event loop has read from all sockets once more and nothing came. */
  doubted(connection: UpstreamConnection): void {
    if (this.#resting.push(connection) === 1 && this.#rested.length === 0) setImmediate(settle, this);
  }

  /** One turn of the event loop is over: those that rested through all of it are ready. */
  settle(): void {
    const rested = this.#rested;
    const now = performance.now();
    for (const connection of rested) if (connection.isUsable(now)) this.freed(connection);
    rested.length = 0;
    this.#rested = this.#resting;
    this.#resting = rested;
    if (this.#rested.length > 0) setImmediate(settle, this);
  }

  gone(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    this.#room.give();
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    const next = this.#all.size < this.#most ? this.#dequeue() : undefined;
    // The place that has just been given back is there for it.
    if (next !== undefined && this.#room.take()) this.#open(next);
  }

  #takeIdle(): UpstreamConnection | undefined {
    if (this.#idle.length === 0) return undefined;
    const now = performance.now();
    let last = this.#idle.pop();
    while (last !== undefined && !last.isUsable(now)) {
      last.close();
      last = this.#idle.pop();
    }
    return last;
  }

  #open(call: UpstreamCall): void {
    this.#all.add(new UpstreamConnection(this.#dial, this, call));
    if (this.#timer !== undefined) return;
    this.#looked = performance.now();
    this.#timer = setInterval(() => this.#look(), TICK).unref();
  }

  #enqueue(call: UpstreamCall): void {
    // Where there is no connection at all, none will ever become free.
    if (this.#waiting >= this.#mostWaiting || this.#all.size === 0)
      throw new UpstreamError(
        'POSTERN_QUEUE_FULL',
        'all connections to this target are busy, and enough requests wait',
      );
    this.#waiting += 1;
    call.carrier = this.#queue;
    call.until = performance.now() + this.timeouts.connect;
    if (this.#last === undefined) this.#first = call;
    else this.#last.next = call;
    this.#last = call;
  }

  /** The first that still wants its turn. */
  #dequeue(): UpstreamCall | undefined {
    let call = this.#shift();
    while (call?.aborted === true) call = this.#shift();
    if (call !== undefined) this.#waiting -= 1;
    return call;
  }

  #shift(): UpstreamCall | undefined {
    const call = this.#first;
    if (call === undefined) return undefined;
    this.#first = call.next;
    if (this.#first === undefined) this.#last = undefined;
    call.next = undefined;
    return call;
  }

  #dropLate(now: number): void {
    while (this.#first !== undefined && now >= this.#first.until) {
      const call = this.#shift();
      if (call?.aborted !== false) continue;
      this.#waiting -= 1;
      call.carrier = undefined;
      call.handler.onError(new UpstreamError('POSTERN_QUEUE_TIMEOUT', 'all connections to this target are busy'));
    }
  }

  #look(): void {
    const now = performance.now();
    // After a time in which nothing ran, what has come in meanwhile is read first.
    const stalled = now - this.#looked > 2 * TICK;
    this.#looked = stalled ? now + TICK : now;
    if (stalled) return;
    for (const connection of this.#all) if (now >= connection.deadline) connection.expire();
    this.#dropLate(now);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function settle(pool: UpstreamPool): void {
  pool.settle();
}
