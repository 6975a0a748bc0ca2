import type { HeaderEdits } from './exchange.ts';

/**
 * Header lines in order, names in lower case. A linear scan over short interned strings beats a map for the one or two
 * dozen lines of a real message, and keeps repeated names as they came.
 */
export class HeaderList implements HeaderEdits {
  /** Name, value, name, value. Written by the methods below only. */
  readonly pairs: string[];

  /** Takes the array over; the caller gives it up. Names must be lower case. */
  constructor(pairs: string[] = []) {
    this.pairs = pairs;
  }

  /** Makes a list of a plain record, for tests and fixed answers. */
  static from(record: Readonly<Record<string, string>>): HeaderList {
    const pairs: string[] = [];
    for (const [name, value] of Object.entries(record)) pairs.push(name.toLowerCase(), value);
    return new HeaderList(pairs);
  }

  get(name: string): string | undefined {
    const { pairs } = this;
    let found: string | undefined;
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] !== name) continue;
      found = found === undefined ? pairs[at + 1] : `${found}, ${pairs[at + 1]}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.#find(name) !== -1;
  }

  hasPrefix(prefix: string): boolean {
    const { pairs } = this;
    for (let at = 0; at < pairs.length; at += 2) if (pairs[at]?.startsWith(prefix) === true) return true;
    return false;
  }

  *entries(): Iterable<readonly [name: string, value: string]> {
    const { pairs } = this;
    for (let at = 0; at + 1 < pairs.length; at += 2) yield [pairs[at] ?? '', pairs[at + 1] ?? ''];
  }

  set(name: string, value: string): void {
    const { pairs } = this;
    const at = this.#find(name);
    if (at === -1) {
      pairs.push(name, value);
      return;
    }
    pairs[at + 1] = value;
    this.#removeFrom(name, at + 2);
  }

  add(name: string, value: string): void {
    const { pairs } = this;
    // Set-Cookie is the one field whose lines must never be joined (RFC 9110 section 5.3).
    const at = name === 'set-cookie' ? -1 : this.#find(name);
    if (at === -1) pairs.push(name, value);
    else pairs[at + 1] = `${pairs[at + 1]}, ${value}`;
  }

  remove(name: string): void {
    const at = this.#find(name);
    if (at !== -1) this.#removeFrom(name, at);
  }

  /** Adds a line without a look at what is there. */
  append(name: string, value: string): void {
    this.pairs.push(name, value);
  }

  /** Where the first line of that name stands; -1 when there is none. */
  #find(name: string): number {
    const { pairs } = this;
    for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === name) return at;
    return -1;
  }

  #removeFrom(name: string, start: number): void {
    const { pairs } = this;
    let kept = start;
    for (let at = start; at < pairs.length; at += 2) {
      const line = pairs[at];
      const value = pairs[at + 1];
      if (line === name || line === undefined || value === undefined) continue;
      pairs[kept] = line;
      pairs[kept + 1] = value;
      kept += 2;
    }
    // Setting the length calls into the runtime.
    while (pairs.length > kept) pairs.pop();
  }
}
