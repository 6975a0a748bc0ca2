import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { bareRecord } from '@postern/model';
import type { Framing } from './request-framing.ts';
import type { RequestHead } from './request-head.ts';

/** Fastify looks for two fields here; everybody else reads the lines. */
const NO_RECORD: Readonly<Record<string, string>> = Object.freeze(bareRecord<string>());

/** A request of HTTP/1 as the wire gives it. `url` is Fastify's to rewrite. */
export class WireRequest {
  readonly method: string;
  url: string;
  /** Set by Fastify when it rewrites `url`. */
  originalUrl: string;
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor: 0 | 1;
  /** Name, value, name, value; names in lower case. */
  readonly rawHeaders: readonly string[];
  readonly headers = NO_RECORD;
  readonly socket: Socket;
  readonly expect: Framing['expect'];
  /** Undefined where no body follows the head. */
  readonly body: RequestBody | undefined;
  /** True once the last byte of the request has come. */
  complete: boolean;

  constructor(head: RequestHead, framing: Framing, from: { readonly socket: Socket; readonly readOn: () => void }) {
    this.method = head.method;
    this.url = head.target;
    this.originalUrl = head.target;
    this.httpVersionMinor = head.minor;
    this.rawHeaders = head.pairs;
    this.socket = from.socket;
    this.expect = framing.expect;
    this.complete = framing.length === 0;
    this.body = this.complete ? undefined : new RequestBody(from.readOn);
  }
}

/** The bytes of a request's body as they come off the wire, without their framing. */
export class RequestBody extends Readable {
  readonly #readOn: () => void;

  constructor(readOn: () => void) {
    super();
    this.#readOn = readOn;
    // Who does not read it does not listen either, and a client may break off all the same.
    this.on('error', ignore);
  }

  override _read(): void {
    this.#readOn();
  }
}

/** The body does not keep to its framing (RFC 9112 section 7.1): nothing of it may be taken for the whole. */
export class MalformedBody extends Error {
  readonly code = 'POSTERN_MALFORMED_BODY';
  constructor() {
    super('the body of the request is malformed');
  }
}

function ignore(): void {}
