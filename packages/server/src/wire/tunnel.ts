import type { Socket } from 'node:net';
import type { TunnelTimes } from '@postern/model';
import type { TunnelEnd } from './wire-response.ts';

/** Milliseconds that one side may move nothing after the other has said its last byte. */
const HALF_OPEN = 10_000;

/** Who looks on. */
export interface TunnelWatch {
  /** So many more bytes have come, from the client in and from the upstream out. */
  carried(bytesIn: number, bytesOut: number): void;
  /** Both sides have said all that they had to say. */
  finished(): void;
  /** It was over its time. */
  late(limit: keyof TunnelTimes): void;
}

/** What a tunnel is made of. */
export interface TunnelParts {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly times: TunnelTimes;
  readonly watch: TunnelWatch;
}

/**
 * Two sockets whose bytes go from one to the other, unread: a side that takes nothing makes the other wait, an end of one half
 * is passed on, and what breaks one ends both. Nothing is kept of what was carried but what a socket has not taken yet. It
 * has no timer: whoever sweeps the client's connection sweeps the tunnel.
 */
export class Tunnel implements TunnelEnd {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #times: TunnelTimes;
  readonly #watch: TunnelWatch;
  #in = 0;
  #out = 0;
  /** What was told to the watch of both. */
  #told = { in: 0, out: 0 };
  /** Bytes that had left at the last sweep, and when the last of them did; times are those of the sweeps. */
  #left = 0;
  #since = 0;
  #opened: number | undefined = undefined;
  #clientEnded = false;
  #upstreamEnded = false;

  constructor({ client, upstream, times, watch }: TunnelParts) {
    this.#client = client;
    this.#upstream = upstream;
    this.#times = times;
    this.#watch = watch;
    // Else Node ends the other half of a socket by itself, with what was still to be said.
    client.allowHalfOpen = true;
    upstream.allowHalfOpen = true;
    client.on('drain', () => void upstream.resume());
    upstream.on('drain', () => void client.resume());
    client.on('end', () => {
      this.#clientEnded = true;
      this.#ended(upstream);
    });
    upstream.on('end', () => {
      this.#upstreamEnded = true;
      this.#ended(client);
    });
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => client.destroySoon());
    client.on('close', () => this.#clientGone());
  }

  /** Lets both sides flow, once the head of the 101 is on its way. */
  start(): void {
    this.#client.resume();
    this.#upstream.resume();
  }

  /** Takes what the client sent. */
  take(chunk: Buffer): void {
    this.#in += chunk.length;
    if (!this.#upstream.write(chunk)) this.#client.pause();
  }

  /** Takes what the upstream sent. False: it has to wait now. */
  takeFromUpstream(chunk: Buffer): boolean {
    this.#out += chunk.length;
    const flows = this.#client.write(chunk);
    if (!flows) this.#upstream.pause();
    return flows;
  }

  sweep(now: number): void {
    this.#tell();
    const left = this.#in + this.#out - this.#client.writableLength - this.#upstream.writableLength;
    if (left !== this.#left || this.#opened === undefined) {
      this.#left = left;
      this.#since = now;
    }
    this.#opened ??= now;
    const { idle, lifetime } = this.#times;
    const isHalf = this.#clientEnded || this.#upstreamEnded || this.#upstream.destroyed;
    if (now - this.#opened > lifetime) this.#late('lifetime');
    else if (isHalf && now - this.#since > HALF_OPEN) this.destroy();
    else if (now - this.#since > idle) this.#late('idle');
  }

  /** Ends both sides at once. */
  destroy(): void {
    this.#tell();
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #ended(other: Socket): void {
    // No bytes, and yet a sign of life.
    this.#left = -1;
    this.#tell();
    if (this.#clientEnded && this.#upstreamEnded) this.#watch.finished();
    other.end();
  }

  /** Its connection is swept no more: what the upstream has not taken by then has a bound of its own. */
  #clientGone(): void {
    const upstream = this.#upstream;
    if (upstream.destroyed) return;
    if (this.#clientEnded && this.#upstreamEnded) upstream.setTimeout(HALF_OPEN, () => upstream.destroy());
    else upstream.destroy();
  }

  #late(limit: keyof TunnelTimes): void {
    this.#watch.late(limit);
    this.destroy();
  }

  #tell(): void {
    const told = this.#told;
    if (told.in === this.#in && told.out === this.#out) return;
    this.#watch.carried(this.#in - told.in, this.#out - told.out);
    told.in = this.#in;
    told.out = this.#out;
  }
}
