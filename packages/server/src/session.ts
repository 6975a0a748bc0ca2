import { constants } from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Limits, Log } from '@postern/model';
import type { Series } from './counted.ts';
import type { Shedding } from './shedding.ts';
import type { Vitals } from './vitals.ts';

/** What the sessions of a listener have in common. */
export interface SessionHost {
  readonly limits: Limits;
  readonly vitals: Vitals;
  readonly shedding: Shedding;
  readonly log: Pick<Log, 'warn'>;
  /** What streams are dated by. */
  readonly clock: { readonly now: number };
}

/** How one stream gets on. */
interface Pace {
  readonly begun: number;
  /** Whether it was answered 408: it is reset at the next look, when the answer is out. */
  late: boolean;
  /** Bytes that its client had not taken at the last look, and since when nothing has changed. */
  unsent: number;
  since: number;
  watchesDrain: boolean;
}

/** Milliseconds over which resets and control frames are counted. */
const WINDOW = 10_000;
/** PING and SETTINGS frames of one window: clients that measure the line send some of them each second. */
const MOST_CONTROL = 400;
/** Milliseconds that a client which still sends gets to read why its connection was ended. */
const LINGER = 250;

/**
 * One connection of HTTP/2, and what Node does not see to: that streams are not opened only to be reset, whoever resets them
 * (CVE-2023-44487, CVE-2025-8671), that control frames do not come without end, and that each stream gets on, however busy
 * the others are.
 */
export class Session {
  readonly #session: ServerHttp2Session;
  readonly #host: SessionHost;
  readonly #streams = new Map<ServerHttp2Stream, Pace>();
  #windowSince = performance.now();
  #resets = 0;
  #control = 0;
  #ending = false;

  constructor(session: ServerHttp2Session, host: SessionHost) {
    this.#session = session;
    this.#host = host;
    session.on('stream', (stream) => this.#watch(stream));
    const count = (): void => this.#countControl();
    session.on('ping', count);
    session.on('remoteSettings', count);
    this.#restAfter(host.limits.idleTimeout);
  }

  /** Ends what is over its time: bodies that do not come (RFC 9110 section 15.5.9), answers that nobody takes. */
  sweep(now: number): void {
    if (this.#host.shedding.closing && !this.#ending) this.#session.close();
    for (const [stream, pace] of this.#streams) {
      this.#sweepBody(stream, pace, now);
      this.#sweepUnsent(stream, pace, now);
    }
  }

  #watch(stream: ServerHttp2Stream): void {
    const { now } = this.#host.clock;
    this.#streams.set(stream, { begun: now, late: false, unsent: 0, since: now, watchesDrain: false });
    stream.once('close', () => {
      this.#streams.delete(stream);
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.aborted) this.#countReset();
    });
  }

  #restAfter(idleTimeout: number): void {
    const session = this.#session;
    const atRest = (): void => {
      // What a client never takes would be held for it for ever; one that waits for an upstream may wait.
      if ([...this.#streams.keys()].some(({ writableLength }) => writableLength > 0)) return session.destroy();
      session.close();
      session.setTimeout(idleTimeout, atRest);
    };
    session.setTimeout(idleTimeout, atRest);
  }

  #sweepBody(stream: ServerHttp2Stream, pace: Pace, now: number): void {
    const { requestTimeout, headersTimeout } = this.#host.limits;
    if (stream.endAfterHeaders || now - pace.begun <= Math.max(requestTimeout, headersTimeout)) return;
    if (pace.late) return stream.close(constants.NGHTTP2_CANCEL);
    // Asked for only here: it takes a call into nghttp2.
    if (stream.state.remoteClose === 1) return;
    pace.late = true;
    if (stream.headersSent) stream.close(constants.NGHTTP2_CANCEL);
    else stream.respond({ ':status': 408, 'content-length': 0 }, { endStream: true });
  }

  #sweepUnsent(stream: ServerHttp2Stream, pace: Pace, now: number): void {
    const unsent = stream.writableLength;
    if (unsent === 0 || unsent !== pace.unsent) pace.since = now;
    else if (now - pace.since > this.#host.limits.idleTimeout) stream.close(constants.NGHTTP2_CANCEL);
    else if (!pace.watchesDrain) {
      // Pieces of one size look alike: where one has taken another's place, the stream has drained in between.
      pace.watchesDrain = true;
      stream.once('drain', () => {
        pace.watchesDrain = false;
        pace.since = this.#host.clock.now;
      });
    }
    pace.unsent = unsent;
  }

  #countReset(): void {
    this.#startWindow();
    this.#resets += 1;
    const { limits, vitals } = this.#host;
    if (this.#resets > limits.maxResets) this.#end(vitals.resets, 'too many of its requests were reset');
  }

  #countControl(): void {
    this.#startWindow();
    this.#control += 1;
    if (this.#control > MOST_CONTROL) this.#end(this.#host.vitals.control, 'too many PING and SETTINGS frames came');
  }

  #startWindow(): void {
    const now = performance.now();
    if (now - this.#windowSince < WINDOW) return;
    this.#windowSince = now;
    this.#resets = 0;
    this.#control = 0;
  }

  /**
   * With a GOAWAY that says why (RFC 9113 section 7), behind which nghttp2 takes no new stream. The connection goes a moment
   * later: over what its client still sends it would be reset, and the reset would overtake the GOAWAY.
   */
  #end(series: Series, why: string): void {
    const session = this.#session;
    if (session.destroyed || this.#ending) return;
    this.#ending = true;
    series.count += 1;
    const peer = session.socket.remoteAddress;
    this.#host.log.warn({ peer, reason: series.labels['reason'] }, `a connection of HTTP/2 was ended: ${why}`);
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    for (const stream of this.#streams.keys()) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // Without an error Node takes no code, and would say that all was well.
    setTimeout(() => session.destroy(new Error(why), constants.NGHTTP2_ENHANCE_YOUR_CALM), LINGER).unref();
  }
}
