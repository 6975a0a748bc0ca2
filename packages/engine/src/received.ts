import type { HeaderList, HttpProtocol } from '@postern/model';
import type { Client } from './client.ts';
import type { ReceivedRequest } from './exchange.ts';
import type { Passed } from './gate.ts';
import type { Handshake } from './handshake.ts';
import { toOutgoing } from './outgoing.ts';

/** A request that passed the gate, with what the connection and trusted proxies say of the client. */
export class Received implements ReceivedRequest {
  readonly protocol: HttpProtocol;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly headers: HeaderList;
  /** HTTP/2 says it outside of the header lines: who receives the request writes it here. */
  hasBody = false;
  readonly clientAddress: string;
  /** `?` and the query, or nothing: exactly what stood behind the path. */
  readonly search: string;
  /** True when the path holds `%2F`. */
  readonly encodedSlash: boolean;
  readonly peer: string;
  /** As the request itself names it, whatever a trusted proxy says. */
  readonly ownHost: string;
  readonly client: Client;
  /** Where in the pairs of `headers` the lines begin that end at this gateway. */
  readonly ending: readonly number[];
  readonly handshake: Handshake | undefined;

  constructor(passed: Passed, client: Client, peer: string) {
    const { target } = passed;
    this.protocol = passed.protocol;
    this.method = passed.method;
    this.scheme = client.scheme;
    this.host = client.host ?? passed.host;
    this.path = target.path;
    this.query = target.query;
    this.search = target.hasQuery ? `?${target.query}` : '';
    this.headers = passed.headers;
    this.clientAddress = client.address;
    this.encodedSlash = target.encodedSlash;
    this.peer = peer;
    this.ownHost = passed.host;
    this.client = client;
    this.ending = passed.ending;
    this.handshake = passed.handshake;
  }

  toOutgoing(): HeaderList {
    return toOutgoing(this);
  }
}
