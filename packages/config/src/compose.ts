import { EVENT_ID, SCALAR_STYLE, getScalarValue } from 'js-yaml';
import type { AliasEvent, Event, MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';
import { Aliases } from './aliases.ts';
import type { Problem, Sized } from './aliases.ts';
import { printable, quoted } from './quote.ts';
import { isQuoted, plainScalar, scalarStart, taggedScalar } from './scalar.ts';
import type { Member, Node, ScalarNode } from './tree.ts';
import { placeOfOffset } from './tree.ts';

/** Collections inside one another, aliases expanded: later stages walk the tree by recursion. */
const MAX_DEPTH = 64;
/** Problems after which reading on helps nobody. */
const MAX_PROBLEMS = 1000;

/** What came of the events: a tree unless something makes every reading of it a guess. */
export interface Composed {
  readonly root: Node | undefined;
  readonly problems: readonly Problem[];
}

interface Frame {
  readonly at: number;
  readonly anchor: string;
  /** Undefined in a map; a list's items. */
  readonly items: Node[] | undefined;
  readonly members: Map<string, Member>;
  /** Values and levels below, aliases expanded. */
  size: number;
  height: number;
  key: { readonly name: string; readonly at: number; readonly merge: boolean; readonly repeated: boolean } | undefined;
}

/** Builds the tree from parser events, in one pass, with the offset of every key and value. Pure. */
export function compose(events: readonly Event[], text: string, lines: readonly number[]): Composed {
  const composer = new Composer(text, lines);
  for (const event of events) if (!composer.take(event)) break;
  return composer.end();
}

// A class because the pass has state with a beginning and an end: the open collections, the anchors, the cursor.
class Composer {
  readonly #text: string;
  readonly #lines: readonly number[];
  readonly #problems: Problem[] = [];
  readonly #frames: Frame[] = [];
  readonly #aliases = new Aliases();
  #root: Node | undefined;
  #documents = 0;
  #fatal = false;
  /** Where the last thing that has a place ended: what has none of its own starts behind it. */
  #cursor = 0;

  constructor(text: string, lines: readonly number[]) {
    this.#text = text;
    this.#lines = lines;
  }

  end(): Composed {
    if (this.#documents === 0 || (this.#root?.kind === 'scalar' && this.#root.value === null)) {
      const fix = 'write at least apiGroups and upstreams; `postern init` makes a small gateway.yaml';
      this.#fail({ at: 0, code: 'document/empty', message: 'the document is empty', fix });
    }
    return { root: this.#fatal ? undefined : this.#root, problems: this.#problems };
  }

  /** Takes one event; false when nothing after it can be understood. */
  take(event: Event): boolean {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        return this.#document();
      case EVENT_ID.SCALAR:
        this.#scalar(event);
        break;
      case EVENT_ID.ALIAS:
        this.#alias(event);
        break;
      case EVENT_ID.POP:
        this.#close();
        break;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING:
        this.#open(event);
        break;
    }
    return !this.#fatal && this.#problems.length < MAX_PROBLEMS;
  }

  #document(): boolean {
    this.#documents += 1;
    if (this.#documents === 1) return true;
    const at = Math.max(0, this.#text.indexOf('\n---', this.#cursor) + 1);
    const fix = 'keep one document in the file; remove the --- line and what follows it';
    this.#fail({ at, code: 'document/many-documents', message: 'a second document starts here', fix });
    return false;
  }

  #open(event: SequenceEvent | MappingEvent): void {
    const { start: at } = event;
    this.#cursor = Math.max(this.#cursor, at);
    const tag = this.#text.slice(Math.max(0, event.tagStart), Math.max(0, event.tagEnd));
    const isList = event.type === EVENT_ID.SEQUENCE;
    if (tag !== '' && tag !== '!' && tag !== (isList ? '!!seq' : '!!map')) this.#badTag(event.tagStart, tag);
    if (this.#keyIsNext()) this.#badKey(at);
    const items = isList ? [] : undefined;
    this.#frames.push({
      at,
      anchor: this.#anchorOf(event),
      items,
      members: new Map(),
      size: 1,
      height: 1,
      key: undefined,
    });
  }

  #close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return; // the end of the document itself
    const { at, items, members, size, height, anchor } = frame;
    const node: Node = items === undefined ? { kind: 'map', at, members } : { kind: 'list', at, items };
    this.#aliases.anchor(anchor, { node, size, height });
    this.#add({ node, size, height });
  }

  #scalar(event: ScalarEvent): void {
    const keyAt = this.#frames.at(-1)?.key?.at;
    const at = scalarStart(event, { text: this.#text, cursor: this.#cursor, keyAt });
    const source = getScalarValue(this.#text, event);
    if (this.#keyIsNext()) {
      this.#key(source, at, event.style === SCALAR_STYLE.PLAIN && source === '<<');
    } else {
      const node = this.#scalarNode(event, source, at);
      this.#aliases.anchor(this.#anchorOf(event), { node, size: 1, height: 0 });
      this.#add({ node, size: 1, height: 0 });
    }
    // An empty member of a list leaves its dash behind, so that the next one does not find the same.
    if (event.valueEnd > 0) this.#cursor = event.valueEnd + (isQuoted(event) ? 1 : 0);
    else if (keyAt === undefined) this.#cursor = at + 1;
  }

  #scalarNode(event: ScalarEvent, source: string, at: number): ScalarNode {
    if (event.tagStart >= 0) {
      const tag = this.#text.slice(event.tagStart, event.tagEnd);
      const value = taggedScalar(source, tag);
      if (value === undefined) this.#badTag(event.tagStart, tag);
      return { kind: 'scalar', at, value: value === undefined ? source : value, source };
    }
    return { kind: 'scalar', at, value: event.style === SCALAR_STYLE.PLAIN ? plainScalar(source) : source, source };
  }

  #key(name: string, at: number, merge: boolean): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    const first = frame.members.get(name);
    frame.key = { name, at, merge, repeated: first !== undefined };
    if (merge) {
      const fix = 'write the keys out, or use a whole-value alias: key: *anchor';
      this.#problems.push({ at, code: 'document/merge-key', message: 'merge keys (<<) are not taken', fix });
    } else if (first !== undefined) {
      const { line } = placeOfOffset({ file: '', lines: this.#lines }, first.at);
      const message = `the key ${quoted(name)} is here twice in one map: it stands on line ${line} already`;
      this.#problems.push({ at, code: 'document/duplicate-key', message, fix: 'keep one of the two' });
    }
  }

  #alias(event: AliasEvent): void {
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    const at = event.anchorStart - 1;
    this.#cursor = event.anchorEnd;
    if (this.#keyIsNext()) this.#badKey(at);
    const { problem, fatal, ...sized } = this.#aliases.use(name, at);
    if (problem !== undefined) this.#problems.push(problem);
    if (fatal) this.#fatal = true;
    else this.#add(sized);
  }

  #add({ node, size, height }: Sized): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#root ??= node;
      return;
    }
    frame.size += size;
    frame.height = Math.max(frame.height, height + 1);
    if (this.#frames.length + height > MAX_DEPTH) {
      const message = `lists and maps stand more than ${MAX_DEPTH} deep inside one another`;
      this.#fail({ at: node.at, code: 'document/too-deep', message, fix: 'flatten the document' });
    }
    if (frame.items !== undefined) {
      frame.items.push(node);
      return;
    }
    const { key } = frame;
    frame.key = undefined;
    // The first of two members with one name stays, so that what follows is judged by what people most likely meant.
    if (key !== undefined && !key.repeated && !key.merge) frame.members.set(key.name, { at: key.at, value: node });
  }

  #keyIsNext(): boolean {
    const frame = this.#frames.at(-1);
    return frame !== undefined && frame.items === undefined && frame.key === undefined;
  }

  #anchorOf(event: { readonly anchorStart: number; readonly anchorEnd: number }): string {
    return event.anchorStart < 0 ? '' : this.#text.slice(event.anchorStart, event.anchorEnd);
  }

  #badKey(at: number): void {
    const fix = 'write a text as the key; put a value that starts with { or [ in quotes';
    this.#fail({ at, code: 'document/key', message: 'a key must be a text, not a list, a map or an alias', fix });
  }

  #badTag(at: number, tag: string): void {
    const fix = 'remove the tag; put a text that starts with ! in quotes';
    this.#problems.push({ at, code: 'document/tag', message: `the tag ${printable(tag)} is not taken here`, fix });
  }

  #fail(problem: Problem): void {
    this.#fatal = true;
    this.#problems.push(problem);
  }
}
