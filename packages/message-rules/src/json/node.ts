import { skipSpace, skipString, skipValue } from './skip.ts';

/** One member of an object or of a list, with the white space around it. */
interface Member {
  /** In front of it. */
  space: string;
  /** Its name as it stands in the text, quotes and escapes included, then the colon with its white space; empty in a list. */
  label: string;
  readonly value: JsonNode;
  /** Behind it. */
  tail: string;
}

/** What stands between the commas. A member is a slice of the text until it is looked at: a list may have half a million. */
interface Inside {
  readonly members: (string | Member)[];
  /** Names of the members as they read; none in a list. */
  readonly names: string[];
}

/**
 * One value of a JSON text. It is the slice of the text until something below it is edited; then it is opened, one level: what
 * nobody edits keeps its very characters, numbers of any size and white space among them. Names are texts in a list, so
 * `__proto__` is one like any other.
 */
export class JsonNode {
  #text: string;
  #inside: Inside | undefined = undefined;

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
    return this.#open().members.length;
  }

  /** Puts another value in its place. */
  become(text: string): void {
    this.#text = text;
    this.#inside = undefined;
  }

  /** Where the member of that name stands in an object: the first and the last one where the text has it several times. */
  placesOf(name: string): { readonly first: number; readonly last: number } {
    const { names } = this.#open();
    return { first: names.indexOf(name), last: names.lastIndexOf(name) };
  }

  at(place: number): JsonNode | undefined {
    return this.#member(place)?.value;
  }

  placeOf(value: JsonNode): number {
    return this.#open().members.findIndex((member) => typeof member !== 'string' && member.value === value);
  }

  /** Adds a member behind the last one, set like it. `name` is undefined in a list. */
  append(name: string | undefined, value: JsonNode): void {
    const { members, names } = this.#open();
    const last = this.#member(members.length - 1);
    const label = name === undefined ? '' : `${JSON.stringify(name)}${colonOf(last)}`;
    members.push({ space: last?.space ?? '', label, value, tail: last?.tail ?? '' });
    if (name !== undefined) names.push(name);
    if (last !== undefined) last.tail = '';
  }

  remove(place: number): void {
    const { members, names } = this.#open();
    const removed = this.#member(place);
    if (removed === undefined) return;
    members.splice(place, 1);
    names.splice(place, 1);
    const next = this.#member(place);
    const before = this.#member(place - 1);
    if (next === undefined && before !== undefined) before.tail = removed.tail;
    if (before === undefined && next !== undefined) next.space = removed.space;
  }

  /** Calls a member of an object by another name. */
  rename(place: number, name: string): void {
    const member = this.#member(place);
    if (member === undefined) return;
    member.label = `${JSON.stringify(name)}${colonOf(member)}`;
    this.#open().names[place] = name;
  }

  toText(): string {
    if (this.#inside === undefined) return this.#text;
    const inside = this.#inside.members.map((member) => (typeof member === 'string' ? member : textOf(member)));
    const [open, close] = this.kind === 'object' ? ['{', '}'] : ['[', ']'];
    return `${open}${inside.join(',')}${close}`;
  }

  #open(): Inside {
    if (this.kind === 'scalar') return { members: [], names: [] };
    this.#inside ??= insideOf(this.#text);
    return this.#inside;
  }

  #member(place: number): Member | undefined {
    const { members } = this.#open();
    const member = members[place];
    if (typeof member !== 'string') return member;
    const read = readMember(member, this.kind === 'object');
    members[place] = read;
    return read;
  }
}

/** The members of an object or a list; of nothing below them anything is read. */
function insideOf(text: string): Inside {
  const isObject = text.startsWith('{');
  const inside: Inside = { members: [], names: [] };
  let from = 1;
  let at = skipSpace(text, from);
  if (at === text.length - 1) return inside;
  for (;;) {
    if (isObject) {
      const end = skipString(text, at);
      inside.names.push(nameOf(text.slice(at, end)));
      at = skipColon(text, end);
    }
    at = skipSpace(text, skipValue(text, at));
    inside.members.push(text.slice(from, at));
    if (text.charAt(at) !== ',') return inside;
    from = at + 1;
    at = skipSpace(text, from);
  }
}

function readMember(text: string, isNamed: boolean): Member {
  const start = skipSpace(text, 0);
  const from = isNamed ? skipColon(text, skipString(text, start)) : start;
  const end = skipValue(text, from);
  const value = new JsonNode(text.slice(from, end));
  return { space: text.slice(0, start), label: text.slice(start, from), value, tail: text.slice(end) };
}

/** Behind the colon, and the white space on both its sides. */
function skipColon(text: string, from: number): number {
  return skipSpace(text, skipSpace(text, from) + 1);
}

function textOf({ space, label, value, tail }: Member): string {
  return `${space}${label}${value.toText()}${tail}`;
}

function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  return String(JSON.parse(quoted));
}

/** The colon behind a member's name, with the white space around it. */
function colonOf(member: Member | undefined): string {
  return member === undefined ? ':' : member.label.slice(skipString(member.label, 0));
}
