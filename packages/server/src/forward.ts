import type { Readable } from 'node:stream';
import { upstreamPath } from '@postern/engine';
import type { Dispatcher } from 'undici';
import { respondEcho } from './echo.ts';
import { askForBody } from './bodies.ts';
import { meterBody } from './body-meter.ts';
import { crash } from './flight.ts';
import type { Flight } from './flight.ts';
import type { Lane } from './lanes.ts';
import { Relay } from './relay.ts';
import { failUpstream } from './upstream-failure.ts';

/** Sends the request to its upstream by the lane that fits, and the answer back through the relay. */
export function forward(flight: Flight): void {
  const { exchange, context } = flight;
  const { match } = exchange;
  const upstream = match?.kind === 'route' ? exchange.snapshot.upstreams.get(match.table.group.upstream) : undefined;
  const lane = upstream === undefined ? undefined : context.lanes.of(upstream);
  if (lane === undefined) return crash(flight, new Error('a route has no lane'));
  flight.lane = lane;
  exchange.upstream = lane.name;
  if (lane.kind === 'echo') return respondEcho(flight);
  lane.turn = (lane.turn + 1) % lane.targets.length;
  flight.target = lane.targets[lane.turn];
  if (lane.kind === 'compatible') {
    context.compatible.set(flight.raw, flight);
    return flight.onward();
  }
  new FastLane(flight).dispatch();
}

/** What the upstream is asked, built once: origin from the document, path as the checked bytes. */
export function upstreamCall(flight: Flight): Dispatcher.DispatchOptions {
  const { exchange, request, target, lane } = flight;
  const group = exchange.match?.table?.group;
  const preserveHost = group?.preserveHost ?? lane?.preserveHost ?? false;
  const headers = exchange.outgoing;
  headers.set('host', preserveHost ? request.host : (target?.hostHeader ?? ''));
  const body = bodyFor(flight);
  if (flight.requestBody !== undefined) headers.set('content-length', String(flight.requestBody.length));
  return { path: upstreamPath(request, group, target), method: request.method, headers: headers.pairs, body };
}

function bodyFor(flight: Flight): Uint8Array | Readable | null {
  if (flight.requestBody !== undefined) return flight.requestBody;
  if (!flight.hasBody) return null;
  askForBody(flight);
  return meterBody(flight);
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** One call to an HTTP/1 upstream on undici's dispatcher: no stream in between, raw header lines in and out. */
class FastLane implements Dispatcher.DispatchHandler {
  readonly #flight: Flight;
  readonly #relay: Relay;
  #resume: () => void = () => undefined;
  #tries = 0;

  constructor(flight: Flight) {
    this.#flight = flight;
    this.#relay = new Relay(flight, this);
  }

  /** Calls the upstream. What undici refuses to send (it checks every header line) is our mistake, not a crash. */
  dispatch(): void {
    const { target } = this.#flight;
    this.#tries += 1;
    try {
      target?.pool.dispatch(upstreamCall(this.#flight), this);
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  resume(): void {
    this.#resume();
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#flight.closed) abort();
    else this.#flight.abortUpstream = abort;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    this.#resume = resume;
    const pairs: string[] = [];
    for (let at = 0; at + 1 < raw.length; at += 2) {
      pairs.push((raw[at]?.toString('latin1') ?? '').toLowerCase(), raw[at + 1]?.toString('latin1') ?? '');
    }
    return this.#relay.head(status, pairs);
  }

  onData(chunk: Buffer): boolean {
    return this.#relay.data(chunk);
  }

  onComplete(): void {
    this.#relay.end();
  }

  onError(error: Error): void {
    const flight = this.#flight;
    if (flight.closed) return;
    if (this.#relay.begun) return this.#relay.cut();
    const { lane } = flight;
    if (lane === undefined || !this.#mayTryAgain(error, lane)) return failUpstream(flight, error);
    // The one after its own, whatever turn other requests have brought the lane to.
    flight.target =
      lane.targets[(lane.targets.findIndex((target) => target === flight.target) + 1) % lane.targets.length];
    this.dispatch();
  }

  /**
   * Safe methods without a body go again: once when a kept-alive socket closed as we wrote, and to every other target when
   * one cannot be reached. Nothing else does: who asked knows better whether twice is safe.
   */
  #mayTryAgain(error: Error, lane: Lane): boolean {
    const { request, hasBody } = this.#flight;
    if (hasBody || !SAFE.has(request.method)) return false;
    const code = 'code' in error ? String(error.code) : '';
    return (this.#tries === 1 && BROKEN.has(code)) || (this.#tries < lane.targets.length && UNREACHABLE.has(code));
  }
}
