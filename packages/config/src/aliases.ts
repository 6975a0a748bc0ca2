import { printable } from './quote.ts';
import type { Node } from './tree.ts';

/** Aliases that one document may use, and values they may stand for in sum: enough for people, too few for a bomb. */
const MAX_ALIASES = 100;
const MAX_EXPANDED = 100_000;

/** Something wrong at an offset of the text. */
export interface Problem {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** A node with what it holds, aliases expanded: values in all, and levels below it. */
export interface Sized {
  readonly node: Node;
  readonly size: number;
  readonly height: number;
}

/** What an alias stands for; with a problem when that is nothing, or when aliases stand for too much by now. */
export interface Aliased extends Sized {
  readonly problem: Problem | undefined;
  /** True when reading on would cost too much. */
  readonly fatal: boolean;
}

/** The anchors of a document that have a finished value, and what aliases to them cost so far. */
export class Aliases {
  readonly #anchors = new Map<string, Sized>();
  #count = 0;
  #expanded = 0;

  /** Keeps what an anchor stands for from here on; without a name, nothing. */
  anchor(name: string, sized: Sized): void {
    if (name !== '') this.#anchors.set(name, sized);
  }

  /** What the alias at an offset stands for. */
  use(name: string, at: number): Aliased {
    const anchor = this.#anchors.get(name);
    this.#count += 1;
    this.#expanded += anchor?.size ?? 1;
    if (this.#count > MAX_ALIASES || this.#expanded > MAX_EXPANDED) {
      const message = `aliases stand for too much: ${MAX_ALIASES} aliases and ${MAX_EXPANDED} values are the most`;
      const problem = { at, code: 'document/too-many-aliases', message, fix: 'write the values out' };
      return { ...textOf(name, at), problem, fatal: true };
    }
    if (anchor !== undefined) return { ...anchor, node: { ...anchor.node, at }, problem: undefined, fatal: false };
    const message = `*${printable(name)} is an alias, and there is no finished value with the anchor &${printable(name)} before it`;
    const fix = `put it in quotes to mean the text: "*${printable(name)}"`;
    return { ...textOf(name, at), problem: { at, code: 'document/unknown-alias', message, fix }, fatal: false };
  }
}

/** What people mean who leave the quotes away around `*.example.com`. */
function textOf(name: string, at: number): Sized {
  return { node: { kind: 'scalar', at, value: `*${name}`, source: `*${name}` }, size: 1, height: 0 };
}
