import { holdLease, overLimit, runBodyInShadow, runInShadow, bodySteps } from '@postern/engine';
import type { Step } from '@postern/engine';
import type { BodyStep, DoneExchange, Verdict } from '@postern/model';
import { decode } from './bodies.ts';
import type { Flight } from './flight.ts';

/** Looks on while a body passes, and holds nothing up. */
export interface Onlooker {
  chunk(bytes: Uint8Array): void;
  /** The body is whole. */
  end(): void;
  /** The rest of the body never comes. */
  cut(): void;
}

type BodySteps = readonly Step<BodyStep<DoneExchange>>[];

/** What gathers the client's body for steps in shadow where no enforced step asks for it; undefined where there are none. */
export function lookAtRequestBody(flight: Flight): Onlooker | undefined {
  const requestBody = bodySteps(flight.exchange, flight.exchange.pipeline.requestBody);
  return requestBody.length === 0 ? undefined : lookAt(flight, 'requestBody', requestBody);
}

/** The same for the upstream's. */
export function lookAtResponseBody(flight: Flight): Onlooker | undefined {
  const responseBody = bodySteps(flight.exchange, flight.exchange.pipeline.responseBody);
  return responseBody.length === 0 ? undefined : lookAt(flight, 'responseBody', responseBody);
}

function lookAt(flight: Flight, step: Look['step'], all: BodySteps): Onlooker | undefined {
  const steps = all.filter(({ mode }) => mode === 'shadow');
  return steps.length === 0 ? undefined : new Gathering(flight, { step, steps });
}

interface Look {
  readonly step: 'requestBody' | 'responseBody';
  readonly steps: BodySteps;
}

/** Copies what passes as long as a step may want it: no more than the largest limit. The steps run after the end. */
class Gathering implements Onlooker {
  readonly #flight: Flight;
  readonly #step: Look['step'];
  #steps: BodySteps;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(flight: Flight, { step, steps }: Look) {
    this.#flight = flight;
    this.#step = step;
    this.#steps = steps;
  }

  chunk(bytes: Uint8Array): void {
    if (this.#steps.length === 0) return;
    this.#size += bytes.length;
    const over = this.#steps.filter(({ run }) => this.#size > run.limit);
    if (over.length > 0) {
      this.#steps = this.#steps.filter(({ run }) => this.#size <= run.limit);
      this.#wouldRefuse(over, overLimit(this.#step));
    }
    // A copy: who gets the chunk next may write into it.
    if (this.#steps.length > 0) this.#chunks.push(new Uint8Array(bytes));
    else this.cut();
  }

  end(): void {
    if (this.#steps.length === 0) return;
    const release = holdLease(this.#flight.exchange);
    // A decoder refuses by a promise, and nothing here throws: policies are called by the engine.
    void this.#run().finally(release);
  }

  cut(): void {
    this.#steps = [];
    this.#chunks = [];
  }

  async #run(): Promise<void> {
    const { exchange } = this.#flight;
    const headers = this.#step === 'requestBody' ? exchange.request.headers : exchange.headers;
    const steps = this.#steps;
    const bytes = Buffer.concat(this.#chunks);
    this.cut();
    const limit = Math.max(...steps.map(({ run }) => run.limit));
    const decoded = await decode(bytes, headers.get('content-encoding'), limit);
    if (decoded.kind === 'decoded') runBodyInShadow(exchange, steps, { step: this.#step, bytes: decoded.bytes });
    else if (decoded.kind === 'too-large') this.#wouldRefuse(steps, overLimit(this.#step));
    else this.#wouldRefuse(steps, unreadable(this.#step, decoded.kind));
  }

  #wouldRefuse(steps: BodySteps, verdict: Verdict): void {
    for (const step of steps) runInShadow(this.#flight.exchange, step, { step: this.#step, call: () => verdict });
  }
}

/** What the gateway would say of a body that it cannot read for a policy. */
function unreadable(step: Look['step'], kind: 'unknown-coding' | 'corrupt'): Verdict {
  const detail = 'The body does not fit its coding.';
  return step === 'responseBody'
    ? { kind: 'refuse', status: 502, code: 'upstream/unreadable-body', detail, headers: [] }
    : {
        kind: 'refuse',
        status: kind === 'corrupt' ? 400 : 415,
        code: 'gateway/body-unreadable',
        detail,
        headers: [],
      };
}
