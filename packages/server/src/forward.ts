import { upstreamPath } from '@postern/engine';
import { MeteredBody } from './body-meter.ts';
import { respondEcho } from './echo.ts';
import { crash } from './flight.ts';
import type { Flight } from './flight.ts';
import type { Lane } from './lanes.ts';
import { Relay } from './relay.ts';
import { switchOf } from './upgrade.ts';
import { failUpstream } from './upstream-failure.ts';
import type { UpstreamCall, UpstreamHandler } from './wire/upstream-call.ts';
import { UpstreamError } from './wire/upstream-error.ts';
import type { UpstreamPool } from './wire/upstream-pool.ts';

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
  if (poolOf(flight) === undefined) {
    context.compatible.set(flight.raw, flight);
    return flight.onward();
  }
  new FastLane(flight).dispatch();
}

/** The connections of our own that a request goes by; undefined: it goes by way of the compatible lane. */
function poolOf({ target, request }: Flight): UpstreamPool | undefined {
  if (target?.kind === 'fast') return target.pool;
  return request.handshake === undefined ? undefined : target?.tunnels;
}

/** The `Host` that the upstream gets. */
export function hostFor({ exchange, request, target, lane }: Flight): string {
  const preserveHost = exchange.match?.table?.group.preserveHost ?? lane?.preserveHost ?? false;
  return preserveHost ? request.host : (target?.hostHeader ?? '');
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One call to an HTTP/1 upstream on a connection of ours: no stream in between, flat header lines in and out. */
class FastLane implements UpstreamHandler {
  readonly #flight: Flight;
  readonly #relay: Relay;
  #call: UpstreamCall | undefined = undefined;
  #tries = 0;

  constructor(flight: Flight) {
    this.#flight = flight;
    this.#relay = new Relay(flight, this);
    flight.upstreamCall = this;
  }

  /** Calls the upstream. A request that cannot be written is a policy's or our mistake, and no crash. */
  dispatch(): void {
    const flight = this.#flight;
    const { exchange, request, target } = flight;
    const pool = poolOf(flight);
    if (target === undefined || pool === undefined) return crash(flight, new Error('the fast lane has no target'));
    this.#tries += 1;
    const host = hostFor(flight);
    exchange.outgoing.set('host', host);
    try {
      const onSwitch = request.handshake === undefined ? undefined : switchOf(flight);
      this.#call = pool.call(
        {
          method: request.method,
          path: upstreamPath(exchange, target),
          host,
          pairs: exchange.outgoing.pairs,
          body: flight.requestBody ?? (flight.hasBody ? new MeteredBody(flight) : undefined),
          // What becomes of a web socket's connection is nobody else's business.
          fresh: this.#tries > 1 || onSwitch !== undefined,
          onSwitch,
        },
        this,
      );
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  resume(): void {
    this.#call?.resume();
  }

  abort(): void {
    this.#call?.abort();
  }

  onHead(status: number, pairs: string[]): boolean {
    try {
      return this.#relay.head(status, pairs);
    } catch (error) {
      crash(this.#flight, error);
      return true;
    }
  }

  onData(chunk: Buffer): boolean {
    try {
      return this.#relay.data(chunk);
    } catch (error) {
      crash(this.#flight, error);
      return true;
    }
  }

  get keeps(): boolean {
    return this.#relay.keeps;
  }

  onEnd(): void {
    try {
      this.#relay.end();
    } catch (error) {
      crash(this.#flight, error);
    }
  }

  onError(error: Error): void {
    try {
      this.#failed(error);
    } catch (thrown) {
      crash(this.#flight, thrown);
    }
  }

  #failed(error: Error): void {
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
   * Safe methods without a body go again: once, on a new connection, when theirs ended before any byte of an answer, and to
   * every other target when one cannot be reached. Nothing else does: who asked knows better whether twice is safe.
   */
  #mayTryAgain(error: Error, lane: Lane): boolean {
    const { request, hasBody } = this.#flight;
    if (hasBody || !SAFE.has(request.method) || !(error instanceof UpstreamError)) return false;
    switch (error.code) {
      case 'POSTERN_NO_ANSWER':
        return this.#tries === 1;
      case 'POSTERN_UNREACHABLE':
      case 'POSTERN_CONNECT_TIMEOUT':
        return this.#tries < lane.targets.length;
      default:
        return false;
    }
  }
}
