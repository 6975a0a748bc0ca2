import { skipSpace, skipString, skipValue } from './skip.ts';

/** One member of an object or of a list, with the white space around it. */
interface Member {
  /** In front of it. */
  space: string;
  /** What it is called; undefined in a list. */
  name: string | undefined;
  /** The name as it stands in the text, quotes and escapes included, then the colon with its white space; empty in a list. */
  label: string;
  value: JsonNode;
  /** Behind it. */
  tail: string;
}

/**
 * One value of a JSON text. It is the slice of the text until something below it is edited; then it is opened, one level: what
 * nobody edits keeps its very characters, numbers of any size and white space among them. Names are texts in a list, so
 * `__proto__` is one like any other.
 */
export class JsonNode {
  #text: string;
  #members: Member[] | undefined = undefined;

  /** `text` must be one JSON value without white space around it. */
  constructor(text: string) {
    this.#text = text;
  }

  get kind(): 'object' | 'list' | 'scalar' {
    const first = this.#text.charAt(0);
    if (first === '{') return 'object';
    return first === '[' ? 'list' : 'scalar';
  }

  /** How many members it has. */
  get size(): number {
    return this.#open().length;
  }

  /** Puts another value in its place. */
  become(text: string): void {
    this.#text = text;
    this.#members = undefined;
  }

  /** Places of the members of that name in an object: more than one where the text has it twice. */
  placesOf(name: string): readonly number[] {
    const places: number[] = [];
    for (const [at, member] of this.#open().entries()) if (member.name === name) places.push(at);
    return places;
  }

  at(place: number): JsonNode | undefined {
    return this.#open()[place]?.value;
  }

  placeOf(value: JsonNode): number {
    return this.#open().findIndex((member) => member.value === value);
  }

  /** Adds a member behind the last one, set like it. `name` is undefined in a list. */
  append(name: string | undefined, value: JsonNode): void {
    const members = this.#open();
    const last = members.at(-1);
    const label = name === undefined ? '' : `${JSON.stringify(name)}${colonOf(last)}`;
    members.push({ space: last?.space ?? '', name, label, value, tail: last?.tail ?? '' });
    if (last !== undefined) last.tail = '';
  }

  remove(place: number): void {
    const members = this.#open();
    const [removed] = members.splice(place, 1);
    if (removed === undefined) return;
    const next = members[place];
    const before = members[place - 1];
    if (next === undefined && before !== undefined) before.tail = removed.tail;
    if (before === undefined && next !== undefined) next.space = removed.space;
  }

  /** Calls a member of an object by another name. */
  rename(place: number, name: string): void {
    const member = this.#open()[place];
    if (member === undefined) return;
    member.label = `${JSON.stringify(name)}${colonOf(member)}`;
    member.name = name;
  }

  toText(): string {
    if (this.#members === undefined) return this.#text;
    const inside = this.#members.map(({ space, label, value, tail }) => `${space}${label}${value.toText()}${tail}`);
    const [open, close] = this.kind === 'object' ? ['{', '}'] : ['[', ']'];
    return `${open}${inside.join(',')}${close}`;
  }

  #open(): Member[] {
    this.#members ??= this.kind === 'scalar' ? [] : membersOf(this.#text);
    return this.#members;
  }
}

/** The members of an object or a list; of nothing below them anything is read. */
function membersOf(text: string): Member[] {
  const isObject = text.startsWith('{');
  const members: Member[] = [];
  let at = skipSpace(text, 1);
  if (at === text.length - 1) return members;
  let from = 1;
  for (;;) {
    at = skipSpace(text, from);
    const space = text.slice(from, at);
    const start = at;
    let name: string | undefined;
    if (isObject) {
      at = skipString(text, at);
      name = nameOf(text.slice(start, at));
      at = skipSpace(text, skipSpace(text, at) + 1);
    }
    const label = text.slice(start, at);
    const end = skipValue(text, at);
    const value = new JsonNode(text.slice(at, end));
    at = skipSpace(text, end);
    members.push({ space, name, label, value, tail: text.slice(end, at) });
    if (text.charAt(at) !== ',') return members;
    from = at + 1;
  }
}

function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  return String(JSON.parse(quoted));
}

/** The colon behind a member's name, with the white space around it. */
function colonOf(member: Member | undefined): string {
  return member === undefined ? ':' : member.label.slice(skipString(member.label, 0));
}
