import { without } from './input.ts';
import type { Input } from './input.ts';

/** How long to try. */
interface Patience {
  readonly tries: number;
  /** Milliseconds. */
  readonly time: number;
}

/**
 * Makes an input smaller that still fails (Zeller's ddmin): first without its cuts, then by lines, then by bytes, each in
 * pieces of half the size as long as something can go. `fails` plays one and says whether it fails in the same way.
 */
export async function shrink(
  input: Input,
  fails: (smaller: Input) => Promise<boolean>,
  patience: Patience = { tries: 2_000, time: 20_000 },
): Promise<Input> {
  const end = performance.now() + patience.time;
  let tries = 0;
  let best = input;
  const accepts = async (smaller: Input): Promise<boolean> => {
    if (tries >= patience.tries || performance.now() > end) return false;
    tries += 1;
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  if (best.cuts.length > 0 && !(await accepts({ ...best, cuts: [] })))
    for (const cut of best.cuts) await accepts({ ...best, cuts: best.cuts.filter((one) => one !== cut) });
  for (const edgesOf of [lineEdges, byteEdges]) {
    const count = edgesOf(best.text).length - 1;
    for (let size = Math.ceil(count / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < edgesOf(best.text).length - 1;) {
        const edges = edgesOf(best.text);
        const smaller = without(best, edges[at] ?? 0, edges[Math.min(edges.length - 1, at + size)] ?? 0);
        if (!(await accepts(smaller))) at += size;
      }
      if (tries >= patience.tries || performance.now() > end) return best;
    }
  }
  return best;
}

function lineEdges(text: string): readonly number[] {
  const edges = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) edges.push(at + 1);
  return edges.at(-1) === text.length ? edges : [...edges, text.length];
}

function byteEdges(text: string): readonly number[] {
  return Array.from({ length: text.length + 1 }, (_, at) => at);
}
