/** A whole request, as it stood on the wire. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case name and value of every field line, in order; latin1. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** The head as it came; latin1. */
  readonly head: string;
}

type Framing = { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' };
type Head = Omit<StrictRequest, 'body'> & { readonly framing: Framing };
type State =
  | { readonly kind: 'head' }
  | { readonly kind: 'data'; readonly left: number; readonly chunked: boolean }
  | { readonly kind: 'data-end' }
  | { readonly kind: 'size' }
  | { readonly kind: 'trailer' };

const LONGEST_HEAD = 256 * 1024;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/1\.[01]$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$/;

/**
 * Reads requests as RFC 9112 has them and nothing else: CRLF only, token names, one Host, one of Content-Length and
 * Transfer-Encoding, chunk sizes of 1*HEXDIG, no extensions. It shares no code with the gateway.
 */
export class StrictReader {
  #malformed: string | undefined = undefined;
  #rest: Buffer = Buffer.alloc(0);
  #state: State = { kind: 'head' };
  #head: Head | undefined = undefined;
  #body: Buffer[] = [];

  /** Why the bytes are no requests; nothing is read from then on. */
  malformed(): string | undefined {
    return this.#malformed;
  }

  /** A request has begun and not ended. */
  get pending(): boolean {
    return this.#head !== undefined || this.#rest.length > 0;
  }

  /** What `pending` has so far: for a report. */
  get unread(): string {
    return `${this.#head?.head ?? ''}${this.#rest.subarray(0, 200).toString('latin1')}`;
  }

  /** Reads on; gives the requests that are whole now. */
  push(chunk: Buffer): readonly StrictRequest[] {
    const whole: StrictRequest[] = [];
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#malformed === undefined && this.#step(whole));
    return whole;
  }

  /** False when more bytes are needed. */
  #step(whole: StrictRequest[]): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'head': {
        const end = this.#rest.indexOf('\r\n\r\n');
        if (end === -1) {
          if (this.#rest.length > LONGEST_HEAD) this.#malformed = 'a head without an end';
          return false;
        }
        const head = readHead(this.#take(end + 4).toString('latin1'));
        if (typeof head === 'string') this.#malformed = head;
        else this.#begin(head, whole);
        return true;
      }
      case 'data': {
        if (this.#rest.length === 0) return false;
        const part = this.#take(Math.min(state.left, this.#rest.length));
        this.#body.push(part);
        const left = state.left - part.length;
        if (left > 0) this.#state = { ...state, left };
        else if (state.chunked) this.#state = { kind: 'data-end' };
        else this.#end(whole);
        return true;
      }
      case 'data-end':
        if (this.#rest.length < 2) return false;
        if (this.#take(2).toString('latin1') !== '\r\n') this.#malformed = 'chunk data not followed by CRLF';
        this.#state = { kind: 'size' };
        return true;
      case 'size': {
        const line = this.#line();
        if (line === undefined) return false;
        const size = Number.parseInt(line, 16);
        if (!/^[0-9A-Fa-f]{1,15}$/.test(line)) this.#malformed = `no chunk size: ${JSON.stringify(line)}`;
        else this.#state = size === 0 ? { kind: 'trailer' } : { kind: 'data', left: size, chunked: true };
        return true;
      }
      case 'trailer': {
        const line = this.#line();
        if (line === undefined) return false;
        if (line === '') this.#end(whole);
        else if (!FIELD_LINE.test(line)) this.#malformed = `no trailer line: ${JSON.stringify(line)}`;
        return true;
      }
      default:
        return state satisfies never;
    }
  }

  #begin(head: Head, whole: StrictRequest[]): void {
    this.#head = head;
    if (head.framing.kind === 'chunked') this.#state = { kind: 'size' };
    else if (head.framing.length === 0) this.#end(whole);
    else this.#state = { kind: 'data', left: head.framing.length, chunked: false };
  }

  #end(whole: StrictRequest[]): void {
    const head = this.#head;
    if (head === undefined) return;
    whole.push({ ...head, body: Buffer.concat(this.#body) });
    this.#head = undefined;
    this.#body = [];
    this.#state = { kind: 'head' };
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  #line(): string | undefined {
    const end = this.#rest.indexOf('\r\n');
    if (end !== -1)
      return this.#take(end + 2)
        .toString('latin1')
        .slice(0, -2);
    if (this.#rest.length > LONGEST_HEAD) this.#malformed = 'a line without an end';
    return undefined;
  }
}

/** The head, or why it is none. */
function readHead(head: string): Head | string {
  const [requestLine = '', ...fields] = head.slice(0, -4).split('\r\n');
  const [, method, target] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined || target === undefined) return `no request line: ${JSON.stringify(requestLine)}`;
  if (!target.startsWith('/') && target !== '*') return `no origin-form: ${JSON.stringify(target)}`;
  const lines: (readonly [string, string])[] = [];
  for (const field of fields) {
    const [, name, value = ''] = FIELD_LINE.exec(field) ?? [];
    if (name === undefined || !TOKEN.test(name)) return `no field line: ${JSON.stringify(field)}`;
    lines.push([name.toLowerCase(), value.replace(/[ \t]+$/, '')]);
  }
  const framing = framingOf(lines);
  return typeof framing === 'string' ? framing : { method, target, lines, head, framing };
}

function framingOf(lines: readonly (readonly [string, string])[]): Framing | string {
  const values = (name: string): readonly string[] =>
    lines.filter(([found]) => found === name).map(([, value]) => value);
  const hosts = values('host');
  if (hosts.length !== 1) return `${hosts.length} Host lines`;
  if (!HOST.test(hosts[0] ?? '')) return `no host: ${JSON.stringify(hosts[0])}`;
  const lengths = values('content-length');
  const codings = values('transfer-encoding');
  if (lengths.length + codings.length > 1) return 'more than one of Content-Length and Transfer-Encoding';
  if (codings.length === 1) return codings[0] === 'chunked' ? { kind: 'chunked' } : `coding ${codings[0]}`;
  const [length = '0'] = lengths;
  return /^[0-9]{1,15}$/.test(length) ? { kind: 'length', length: Number(length) } : `no length: ${length}`;
}
