import type { WebSocketHandshake } from '@postern/engine';
import { runResponse, withoutHopByHop } from '@postern/engine';
import { crash, proceed } from './flight.ts';
import type { Flight } from './flight.ts';
import { readHandshakeAnswer } from './handshake-answer.ts';
import { send } from './reply.ts';
import { failUpstream } from './upstream-failure.ts';
import type { OnSwitch, Switched } from './wire/switched.ts';
import { switchingHead } from './wire/switching-head.ts';
import type { Agreed } from './wire/switching-head.ts';
import { Tunnel } from './wire/tunnel.ts';
import type { TunnelWatch } from './wire/tunnel.ts';
import { UpstreamError } from './wire/upstream-error.ts';
import type { TakeBytes } from './wire/upstream-reads.ts';
import { WireResponse } from './wire/wire-response.ts';

/**
 * Asks the upstream of this flight for a web socket; undefined where the client does not ask for one. All request steps have run
 * by now. The key and the version are the client's own, whatever a policy made of them: the answer is checked against them.
 */
export function switchOf(flight: Flight): OnSwitch | undefined {
  const { handshake } = flight.request;
  if (handshake?.kind !== 'web-socket') return undefined;
  const { outgoing } = flight.exchange;
  outgoing.set('sec-websocket-key', handshake.key);
  outgoing.set('sec-websocket-version', '13');
  return (switched) => {
    const opening = new Opening(flight, switched);
    opening.begin(handshake);
    return (bytes) => opening.take(bytes);
  };
}

/**
 * From the upstream's 101 to the client's, by way of the response steps, and on to the tunnel. Until then the upstream's socket
 * is ours: whatever else becomes of the exchange ends it.
 */
class Opening implements TunnelWatch {
  readonly #flight: Flight;
  readonly #switched: Switched;
  /** What the upstream said before the client was told of the switch. */
  #early: Buffer[];
  #tunnel: Tunnel | undefined = undefined;

  constructor(flight: Flight, switched: Switched) {
    this.#flight = flight;
    this.#switched = switched;
    this.#early = switched.first.length === 0 ? [] : [switched.first];
  }

  begin({ key }: WebSocketHandshake): void {
    const flight = this.#flight;
    const { socket, pairs } = this.#switched;
    try {
      socket.pause();
      socket.on('error', () => socket.destroy());
      flight.upstreamCall = { abort: () => socket.destroy() };
      const { exchange } = flight;
      const protocols = exchange.outgoing.get('sec-websocket-protocol');
      const extensions = exchange.outgoing.get('sec-websocket-extensions');
      const agreed = readHandshakeAnswer(pairs, { key, protocols, extensions });
      if (typeof agreed === 'string') return this.#fail(agreed);
      exchange.upstreamStatus = 101;
      exchange.upstreamPairs = pairs;
      exchange.answerFromUpstream(101, withoutHopByHop(pairs));
      proceed(flight, runResponse(exchange), () => this.#afterSteps(agreed));
    } catch (error) {
      crash(flight, error);
    }
  }

  take(bytes: Buffer): ReturnType<TakeBytes> {
    if (this.#tunnel !== undefined) return this.#tunnel.takeFromUpstream(bytes) ? 'kept' : 'paused';
    this.#early.push(bytes);
    return 'paused';
  }

  carried(bytesIn: number, bytesOut: number): void {
    const { exchange, context } = this.#flight;
    exchange.bytesIn += bytesIn;
    exchange.bytesOut += bytesOut;
    context.metrics.tunnels.carried(bytesIn, bytesOut);
  }

  finished(): void {
    const { response } = this.#flight;
    if (response instanceof WireResponse) response.writableEnded = true;
  }

  late(limit: 'idle' | 'lifetime'): void {
    const { context, lane, exchange } = this.#flight;
    const record = { upstream: lane?.name, limit: `webSocket.${limit}`, requestId: exchange.requestId };
    context.log.info(record, `a web socket was ended: it was over webSocket.${limit} of its upstream`);
  }

  /** What came is no answer of a web socket: the client gets the refusal that any bad answer becomes. */
  #fail(problem: string): void {
    this.#switched.socket.destroy();
    failUpstream(this.#flight, new UpstreamError('POSTERN_BAD_ANSWER', problem));
  }

  #afterSteps(agreed: Agreed): void {
    const { exchange, response } = this.#flight;
    const { socket } = this.#switched;
    if (exchange.madeBy.kind !== 'upstream') {
      // A response step put its own answer in the place of the switch.
      socket.destroy();
      return send(this.#flight);
    }
    if (socket.destroyed) return this.#fail('the upstream broke off its handshake');
    if (!(response instanceof WireResponse)) throw new Error('only HTTP/1.1 switches protocols');
    let head: string;
    try {
      head = switchingHead(exchange.headers.pairs, agreed);
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
    this.#open(response, head);
  }

  #open(response: WireResponse, head: string): void {
    const flight = this.#flight;
    const { tunnels } = flight.context.metrics;
    const { socket: upstream } = this.#switched;
    const client = flight.raw.socket;
    const times = flight.lane?.webSocket ?? { idle: 0, lifetime: 0 };
    const tunnel = new Tunnel({ client, upstream, times, watch: this });
    this.#tunnel = tunnel;
    flight.upstreamCall = { abort: () => tunnel.destroy() };
    flight.tunnelOpened();
    tunnels.opened();
    response.once('close', () => tunnels.closed());
    response.openTunnel(head, tunnel);
    for (const bytes of this.#early) tunnel.takeFromUpstream(bytes);
    this.#early = [];
    tunnel.start();
  }
}
