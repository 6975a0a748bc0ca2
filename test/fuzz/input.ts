/** One generated input: bytes as latin1 text, and the offsets at which a write ends and another begins. */
export interface Input {
  readonly text: string;
  /** Ascending, each within the text. */
  readonly cuts: readonly number[];
}

/** The bytes in the pieces that are written one after the other. */
export function piecesOf({ text, cuts }: Input): readonly Buffer[] {
  const edges = [0, ...cuts.filter((at) => at > 0 && at < text.length), text.length];
  return edges.slice(1).map((end, at) => Buffer.from(text.slice(edges[at], end), 'latin1'));
}

/** The same input without a part of its text; its cuts stay where they are in what is left. */
export function without({ text, cuts }: Input, from: number, to: number): Input {
  const moved = cuts.map((at) => (at <= from ? at : Math.max(from, at - (to - from))));
  return { text: text.slice(0, from) + text.slice(to), cuts: [...new Set(moved)] };
}
