/** A piece of a path segment: text, or the name of a parameter. */
type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'param'; readonly name: string };

/** What stands at the end of a path, with the values of its parameters as they stand in the path. */
export interface FoundPath<Value> {
  readonly value: Value;
  readonly captures: readonly (readonly [name: string, value: string])[];
}

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  /** The more text a segment has beside its parameters, the earlier it is tried. */
  readonly templates: { readonly pieces: readonly Piece[]; readonly node: Node<Value> }[];
  leaf: { readonly value: Value; readonly names: readonly string[] } | undefined;
}

/** Paths of an OpenAPI document, segment by segment: what is written out beats what is templated (3.1 section 4.8.8.1). */
export class PathTree<Value> {
  readonly #root: Node<Value> = emptyNode();

  /** Adds a path; the value that stands there already when it takes the same requests as an earlier one. */
  add(path: string, value: Value): Value | undefined {
    let node = this.#root;
    const names: string[] = [];
    for (const segment of segmentsOf(path)) {
      const pieces = piecesOf(segment);
      for (const piece of pieces) if (piece.kind === 'param') names.push(piece.name);
      node = pieces.some(({ kind }) => kind === 'param')
        ? templateIn(node, pieces)
        : literalIn(node, canonical(segment));
    }
    if (node.leaf !== undefined) return node.leaf.value;
    node.leaf = { value, names };
    return undefined;
  }

  find(path: string): FoundPath<Value> | undefined {
    return visit(this.#root, segmentsOf(path), { at: 0, values: [] });
  }
}

function emptyNode<Value>(): Node<Value> {
  return { literals: new Map(), templates: [], leaf: undefined };
}

function segmentsOf(path: string): readonly string[] {
  return path.slice(1).split('/');
}

/** Each node is visited once at most: it stands at one depth. */
function visit<Value>(
  node: Node<Value>,
  segments: readonly string[],
  { at, values }: { readonly at: number; readonly values: readonly string[] },
): FoundPath<Value> | undefined {
  const segment = segments[at];
  if (segment === undefined) {
    if (node.leaf === undefined) return undefined;
    const { value, names } = node.leaf;
    return { value, captures: names.map((name, index) => [name, values[index] ?? '']) };
  }
  const literal = node.literals.get(segment);
  const found = literal === undefined ? undefined : visit(literal, segments, { at: at + 1, values });
  if (found !== undefined) return found;
  for (const { pieces, node: next } of node.templates) {
    const taken = takePieces(pieces, segment);
    const deeper = taken && visit(next, segments, { at: at + 1, values: [...values, ...taken] });
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** The values of the parameters of a segment, each as short as what follows allows and never empty; undefined: it does not fit. */
function takePieces(pieces: readonly Piece[], segment: string): readonly string[] | undefined {
  const values: string[] = [];
  let from = 0;
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'text') {
      if (!segment.startsWith(piece.text, from)) return undefined;
      from += piece.text.length;
      continue;
    }
    const next = pieces[index + 1];
    const isLast = index >= pieces.length - 2;
    let end = segment.length;
    if (next?.kind === 'text') {
      end = isLast ? segment.length - next.text.length : segment.indexOf(next.text, from + 1);
      if (end < 0 || !segment.startsWith(next.text, end)) return undefined;
    }
    if (end <= from) return undefined;
    values.push(segment.slice(from, end));
    from = end;
  }
  return from === segment.length ? values : undefined;
}

function literalIn<Value>(node: Node<Value>, segment: string): Node<Value> {
  let next = node.literals.get(segment);
  if (next === undefined) node.literals.set(segment, (next = emptyNode()));
  return next;
}

function templateIn<Value>(node: Node<Value>, pieces: readonly Piece[]): Node<Value> {
  const key = keyOf(pieces);
  const there = node.templates.find((template) => keyOf(template.pieces) === key);
  if (there !== undefined) return there.node;
  const next = emptyNode<Value>();
  node.templates.push({ pieces, node: next });
  node.templates.sort((one, other) => keyOf(other.pieces).length - keyOf(one.pieces).length);
  return next;
}

/** Two templates with other names for their parameters are one. */
function keyOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece.kind === 'text' ? piece.text : '{}')).join('');
}

function piecesOf(segment: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const [written, name] of segment.matchAll(/\{([^{}]+)\}|[^{}]+/g))
    pieces.push(name === undefined ? { kind: 'text', text: canonical(written) } : { kind: 'param', name });
  return pieces;
}

/** As the gateway writes paths: unreserved characters plain, all others percent-encoded with upper-case digits. */
function canonical(text: string): string {
  return text
    .replace(/%[0-9a-fA-F]{2}/g, (triplet) => {
      const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : triplet.toUpperCase();
    })
    .replace(/[^\w\-.~%!$&'()*+,;=:@]/gu, encodeURIComponent);
}
