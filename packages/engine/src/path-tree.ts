/** A value at the end of a path pattern, with the names of the pattern's parameters. */
export interface Leaf<Value> {
  readonly value: Value;
  readonly params: readonly string[];
}

interface Node<Value> {
  literals: Map<string, Node<Value>> | undefined;
  param: Node<Value> | undefined;
  /** Values of patterns that end in a slash and a star here. */
  rest: Leaf<Value>[] | undefined;
  /** Values of patterns that end here. */
  ends: Leaf<Value>[] | undefined;
}

/**
 * Path patterns by segment: a literal beats `{param}` beats a trailing star, segment by segment from the left
 * (design: Matching). Built once per group; a lookup visits only patterns that fit.
 */
export class PathTree<Value> {
  readonly #root: Node<Value> = emptyNode();

  /** `pattern` starts with `/`; `{name}` is a whole segment; a star may stand as the last segment only. */
  insert(pattern: string, value: Value): void {
    const params: string[] = [];
    let node = this.#root;
    const segments = pattern.slice(1).split('/');
    const rest = segments.at(-1) === '*';
    if (rest) segments.pop();
    for (const segment of segments) {
      if (segment.startsWith('{') && segment.endsWith('}')) {
        params.push(segment.slice(1, -1));
        node.param ??= emptyNode();
        node = node.param;
      } else {
        node.literals ??= new Map();
        let next = node.literals.get(segment);
        if (next === undefined) node.literals.set(segment, (next = emptyNode()));
        node = next;
      }
    }
    const leaf: Leaf<Value> = { value, params };
    if (rest) (node.rest ??= []).push(leaf);
    else (node.ends ??= []).push(leaf);
  }

  /**
   * Offers every leaf that fits the path, best first, until `taker` takes one. The path begins at `from`, with `/`, where a
   * base path ends; nothing behind it is the path `/`. The taker is an object, not a function, so that a router can use one
   * again and again without a closure per request.
   */
  find(path: string, taker: Taker<Value>, from = 0): boolean {
    return visit(this.#root, { path: from === path.length ? `${path}/` : path, captured: undefined, taker }, from + 1);
  }
}

/** Says yes to the first leaf it wants. `captured` holds the values of the leaf's parameters, in order; its own once it said yes. */
export interface Taker<Value> {
  take(leaf: Leaf<Value>, captured: readonly string[]): boolean;
}

interface Search<Value> {
  readonly path: string;
  captured: string[] | undefined;
  readonly taker: Taker<Value>;
}

/** `start` is where the next segment begins; past the end of the path when none is left. */
function visit<Value>(node: Node<Value>, search: Search<Value>, start: number): boolean {
  const { path } = search;
  if (start > path.length) return offer(node.ends, search) || offer(node.rest, search);
  let end = path.indexOf('/', start);
  if (end === -1) end = path.length;
  const segment = path.slice(start, end);
  const literal = node.literals?.get(segment);
  if (literal !== undefined && visit(literal, search, end + 1)) return true;
  if (node.param !== undefined && segment !== '') {
    if (search.captured === undefined) search.captured = [segment];
    else search.captured.push(segment);
    if (visit(node.param, search, end + 1)) return true;
    search.captured.pop();
  }
  return offer(node.rest, search);
}

const NONE: readonly string[] = Object.freeze([]);

function offer<Value>(leaves: readonly Leaf<Value>[] | undefined, search: Search<Value>): boolean {
  if (leaves === undefined) return false;
  for (const leaf of leaves) if (search.taker.take(leaf, search.captured ?? NONE)) return true;
  return false;
}

function emptyNode<Value>(): Node<Value> {
  return { literals: undefined, param: undefined, rest: undefined, ends: undefined };
}
