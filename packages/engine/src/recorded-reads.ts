import { HIDDEN } from '@postern/model';
import type { DecidedEdit, ExchangeRequest, HeaderEdits, HeaderView, HttpProtocol } from '@postern/model';
import type { Edit } from './notes.ts';
import type { Trace } from './trace.ts';

/** A request that notes what is read of it. */
export class ReadRequest implements ExchangeRequest {
  readonly #inner: ExchangeRequest;
  readonly #trace: Trace;
  readonly headers: HeaderView;

  constructor(inner: ExchangeRequest, trace: Trace) {
    this.#inner = inner;
    this.#trace = trace;
    this.headers = new ReadHeaders(inner.headers, trace, 'request.headers');
  }

  get protocol(): HttpProtocol {
    return this.#read('request.protocol', this.#inner.protocol);
  }
  get method(): string {
    return this.#read('request.method', this.#inner.method);
  }
  get scheme(): 'http' | 'https' {
    return this.#read('request.scheme', this.#inner.scheme);
  }
  get host(): string {
    return this.#read('request.host', this.#inner.host);
  }
  get path(): string {
    return this.#read('request.path', this.#inner.path);
  }
  get query(): string {
    if (this.#inner.query.includes(HIDDEN)) this.#trace.readHidden = true;
    return this.#read('request.query', this.#inner.query);
  }
  get hasBody(): boolean {
    return this.#read('request.hasBody', this.#inner.hasBody);
  }
  get clientAddress(): string {
    return this.#read('request.clientAddress', this.#inner.clientAddress);
  }

  #read<Value>(name: string, value: Value): Value {
    this.#trace.reads.add(name);
    return value;
  }
}

class ReadHeaders implements HeaderView {
  readonly #inner: HeaderView;
  protected readonly trace: Trace;
  readonly #prefix: string;

  constructor(inner: HeaderView, trace: Trace, prefix: string) {
    this.#inner = inner;
    this.trace = trace;
    this.#prefix = prefix;
  }

  get(name: string): string | undefined {
    this.trace.reads.add(`${this.#prefix}.${name}`);
    const value = this.#inner.get(name);
    if (value?.includes(HIDDEN) === true) this.trace.readHidden = true;
    return value;
  }
  has(name: string): boolean {
    this.trace.reads.add(`${this.#prefix}.${name}`);
    return this.#inner.has(name);
  }
  /** As all lines: any of them might have begun so. */
  hasPrefix(prefix: string): boolean {
    this.trace.reads.add(this.#prefix);
    return this.#inner.hasPrefix(prefix);
  }
  *entries(): Iterable<readonly [name: string, value: string]> {
    this.trace.reads.add(this.#prefix);
    for (const line of this.#inner.entries()) {
      if (line[1] === HIDDEN) this.trace.readHidden = true;
      yield line;
    }
  }
}

/** Which header lines, and the edits of the exchange so far: the last one tells what became of the one just made. */
interface Place {
  readonly on: DecidedEdit['on'];
  readonly around: { readonly edits: readonly Edit[] };
}

/** Header lines that note what is read of them, and each edit with what became of it. */
export class ReadEdits extends ReadHeaders implements HeaderEdits {
  readonly #list: HeaderEdits;
  readonly #place: Place;

  constructor(list: HeaderEdits, trace: Trace, place: Place) {
    super(list, trace, place.on === 'outgoing' ? 'outgoing' : 'response.headers');
    this.#list = list;
    this.#place = place;
  }

  set(name: string, value: string): void {
    this.#note({ operation: 'set', name, value }, () => this.#list.set(name, value));
  }
  add(name: string, value: string): void {
    this.#note({ operation: 'add', name, value }, () => this.#list.add(name, value));
  }
  remove(name: string): void {
    this.#note({ operation: 'remove', name, value: '' }, () => this.#list.remove(name));
  }

  #note(edit: Pick<DecidedEdit, 'operation' | 'name' | 'value'>, make: () => void): void {
    const { on, around } = this.#place;
    const before = around.edits.length;
    make();
    const { edits } = around;
    // An edit that nobody took was made too late, or in shadow.
    const taken = edits.length > before ? edits[before] : undefined;
    this.trace.edits.push({ on, ...edit, dropped: taken?.dropped ?? true });
  }
}
