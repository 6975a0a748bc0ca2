import { askForStreamInShadow, holdLease, wouldFail } from '@postern/engine';
import type { StreamStep } from '@postern/engine';
import type { StreamTap, StreamTransform } from '@postern/model';
import type { Flight } from './flight.ts';
import type { Onlooker } from './shadow-body.ts';

/** Bytes that a transform in shadow may be behind. One that is slower is left out: enforced it would slow the client down. */
const MOST_BEHIND = 1024 * 1024;

/** What shows the body to a stream in shadow; undefined where the step wants none or broke. */
export function lookThroughStream(flight: Flight, step: StreamStep): Onlooker | undefined {
  const stream = askForStreamInShadow(flight.exchange, step);
  if (stream === undefined) return undefined;
  const watched = { flight, step };
  return stream.kind === 'tap' ? new ShadowTap(watched, stream) : new ShadowTransform(watched, stream);
}

interface Watched {
  readonly flight: Flight;
  readonly step: StreamStep;
}

function broke({ flight: { exchange }, step }: Watched, code: string, error: unknown): void {
  wouldFail(exchange, step, { step: 'responseStream', code, status: exchange.status, error });
}

class ShadowTap implements Onlooker {
  readonly #watched: Watched;
  #tap: StreamTap | undefined;

  constructor(watched: Watched, tap: StreamTap) {
    this.#watched = watched;
    this.#tap = tap;
  }

  chunk(bytes: Uint8Array): void {
    this.#try((tap) => tap.chunk(Buffer.from(bytes)));
  }

  end(): void {
    this.#try((tap) => tap.end());
    this.cut();
  }

  cut(): void {
    this.#tap = undefined;
  }

  #try(call: (tap: StreamTap) => void): void {
    if (this.#tap === undefined) return;
    try {
      call(this.#tap);
    } catch (error) {
      this.cut();
      broke(this.#watched, 'policy/threw', error);
    }
  }
}

/** Feeds copies to a transform and throws away what it makes of them. It never holds the exchange up. */
class ShadowTransform implements Onlooker {
  readonly #watched: Watched;
  readonly #stream: StreamTransform['stream'];
  #state: 'open' | 'ended' | 'over' = 'open';
  #behind = 0;
  #release: () => void = () => undefined;

  constructor(watched: Watched, { stream }: StreamTransform) {
    this.#watched = watched;
    this.#stream = stream;
    this.#try(() => {
      stream.on('error', (error: unknown) => this.#fail('policy/threw', error));
      stream.on('data', () => undefined);
      stream.on('end', () => this.#finish());
      stream.on('close', () => this.#finish());
    });
    watched.flight.response.once('close', () => {
      if (this.#state === 'open') this.#finish();
    });
  }

  chunk(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#behind += bytes.length;
    if (this.#behind > MOST_BEHIND) {
      return this.#fail('policy/fell-behind', new Error(`the stream is more than ${MOST_BEHIND} bytes behind`));
    }
    this.#try(() => void this.#stream.write(Buffer.from(bytes), () => void (this.#behind -= bytes.length)));
  }

  /** What the transform still has to do happens beside the exchange, on a lease of its own, no longer than its `timeout`. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    const { flight, step } = this.#watched;
    const end = holdLease(flight.exchange);
    const cancel = flight.context.runtime.after(step.instance.policy.timeout, () =>
      this.#fail('policy/timed-out', new Error('the stream did not end in time')),
    );
    this.#release = () => {
      cancel();
      end();
    };
    this.#try(() => void this.#stream.end());
  }

  cut(): void {
    this.#finish();
  }

  #try(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail('policy/threw', error);
    }
  }

  #fail(code: string, error: unknown): void {
    if (this.#state === 'over') return;
    broke(this.#watched, code, error);
    this.#finish();
  }

  #finish(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#release();
    try {
      this.#stream.destroy();
    } catch {
      // Counted already where it matters: this one is out of the way.
    }
  }
}
