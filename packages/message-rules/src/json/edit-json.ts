import { JsonNode } from './node.ts';
import { indexOf } from './pointer.ts';
import type { Pointer } from './pointer.ts';
import { isDeeper, skipSpace, skipValue } from './skip.ts';

/** One change of a JSON text. `text` is the JSON text of a value. */
export type JsonEdit =
  | { readonly kind: 'upsert' | 'add'; readonly pointer: Pointer; readonly text: string }
  | Change
  | { readonly kind: 'rename'; readonly pointer: Pointer; readonly to: Pointer };

/** An edit of what is there. */
type Change =
  | { readonly kind: 'replace'; readonly pointer: Pointer; readonly text: string }
  | { readonly kind: 'remove'; readonly pointer: Pointer };

/**
 * What came of an edit. `nothing`: there was nothing to change. `no-place`: the value has no place, as behind the end of a list.
 * `twice`: an object on the way has the name twice, so that readers differ on which one counts.
 */
export type JsonEdited = 'done' | 'nothing' | 'no-place' | 'twice';

/** Lists and maps inside one another that a text may have. */
const DEEPEST = 128;

const NOWHERE = -1;
const TWICE = -2;

/**
 * A JSON text (RFC 8259) that is edited in place: what no edit names keeps its very characters. Reading costs one pass, an edit at
 * most one pass over the lists and objects that its pointer leads through, each of them once for all edits.
 */
export class JsonText {
  readonly #before: string;
  readonly #root: JsonNode;
  readonly #behind: string;

  private constructor(text: string) {
    const start = skipSpace(text, 0);
    const end = skipValue(text, start);
    this.#before = text.slice(0, start);
    this.#root = new JsonNode(text.slice(start, end));
    this.#behind = text.slice(end);
  }

  /** Undefined when the bytes are no JSON in UTF-8, or lists and maps stand more than 128 deep inside one another. */
  static read(bytes: Uint8Array): JsonText | undefined {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      if (isDeeper(text, DEEPEST)) return undefined;
      JSON.parse(text);
      return new JsonText(text);
    } catch {
      return undefined;
    }
  }

  /** The text with all edits. */
  toText(): string {
    return `${this.#before}${this.#root.toText()}${this.#behind}`;
  }

  edit(edit: JsonEdit): JsonEdited {
    switch (edit.kind) {
      case 'upsert':
        return this.#upsert(edit.pointer, edit.text);
      case 'add':
        return this.#add(edit.pointer, edit.text);
      case 'rename':
        return this.#rename(edit.pointer, edit.to);
      case 'replace':
      case 'remove':
        return this.#change(edit);
      default:
        return edit satisfies never;
    }
  }

  /** Sets what is there or puts it there. Objects that are missing on the way are made; `-` is a new last member of a list. */
  #upsert(pointer: Pointer, text: string): JsonEdited {
    if (this.#root.kind === 'scalar') return 'no-place';
    let node = this.#root;
    for (const [depth, name] of pointer.entries()) {
      // What the client put in the way must not keep the value out.
      if (node.kind === 'scalar') node.become(name === '-' ? '[]' : '{}');
      const place = placeIn(node, name);
      if (place === TWICE) return 'twice';
      const isLast = depth === pointer.length - 1;
      const next = place >= 0 ? node.at(place) : appended(node, name);
      if (next === undefined) return 'no-place';
      if (isLast) next.become(text);
      node = next;
    }
    return 'done';
  }

  /** Adds to a list that is there, or puts the value where there is none; anything else stays. */
  #add(pointer: Pointer, text: string): JsonEdited {
    const found = this.#find(pointer);
    if (found === 'twice') return found;
    if (found === undefined) return this.#upsert(pointer, text);
    if (found.value.kind !== 'list') return 'nothing';
    found.value.append(undefined, new JsonNode(text));
    return 'done';
  }

  #change(edit: Change): JsonEdited {
    const found = this.#find(edit.pointer);
    if (found === undefined) return 'nothing';
    if (found === 'twice') return found;
    if (edit.kind === 'replace') found.value.become(edit.text);
    else found.parent.remove(found.parent.placeOf(found.value));
    return 'done';
  }

  /** Moves what is there to another name or place; what was there before goes. */
  #rename(pointer: Pointer, to: Pointer): JsonEdited {
    const found = this.#find(pointer);
    if (found === undefined) return 'nothing';
    if (found === 'twice') return found;
    const { parent, value } = found;
    const name = to.at(-1) ?? '';
    if (parent.kind === 'object' && isBeside(pointer, to)) {
      const other = placeIn(parent, name);
      if (other === TWICE) return 'twice';
      if (other !== NOWHERE && parent.at(other) === value) return 'nothing';
      if (other !== NOWHERE) parent.remove(other);
      parent.rename(parent.placeOf(value), name);
      return 'done';
    }
    const put = this.#upsert(to, value.toText());
    // By what it is, not where it was: the new place may have moved it.
    const place = put === 'done' ? parent.placeOf(value) : NOWHERE;
    if (place !== NOWHERE) parent.remove(place);
    return put;
  }

  #find(pointer: Pointer): { readonly parent: JsonNode; readonly value: JsonNode } | 'twice' | undefined {
    let parent = this.#root;
    let value = this.#root;
    for (const name of pointer) {
      const place = placeIn(value, name);
      if (place === TWICE) return 'twice';
      const next = place === NOWHERE ? undefined : value.at(place);
      if (next === undefined) return undefined;
      parent = value;
      value = next;
    }
    return { parent, value };
  }
}

/** Where the member of that name stands; below 0 when there is none, or no single one. */
function placeIn(node: JsonNode, name: string): number {
  if (node.kind === 'scalar') return NOWHERE;
  if (node.kind === 'list') return indexOf(name, node.size);
  const { first, last } = node.placesOf(name);
  return first === last ? first : TWICE;
}

/** A new last member, `null` until it becomes something; undefined where a list has no place of that name. */
function appended(node: JsonNode, name: string): JsonNode | undefined {
  if (node.kind === 'list' && name !== '-' && name !== String(node.size)) return undefined;
  const made = new JsonNode('null');
  node.append(node.kind === 'list' ? undefined : name, made);
  return made;
}

function isBeside(one: Pointer, other: Pointer): boolean {
  return one.length === other.length && one.every((name, at) => at === one.length - 1 || name === other[at]);
}
