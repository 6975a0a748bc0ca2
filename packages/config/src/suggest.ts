const MAX_LENGTH = 64;
/** Words that are looked at: a thousand mistakes among ten thousand names would take seconds. */
const MAX_KNOWN = 500;

/**
 * Finds the known word that a mistyped one most likely means: the same letters in another case or with other separators
 * first, else the nearest by optimal string alignment within a third of the length. Undefined when nothing is near.
 */
export function suggest(found: string, known: Iterable<string>): string | undefined {
  if (found.length === 0 || found.length > MAX_LENGTH) return undefined;
  const plain = plainForm(found);
  let nearest: string | undefined;
  let limit = Math.max(1, Math.floor(found.length / 3));
  let looked = 0;
  for (const word of known) {
    looked += 1;
    if (looked > MAX_KNOWN) break;
    const other = plainForm(word);
    if (other === plain) return word;
    if (Math.abs(other.length - plain.length) > limit) continue;
    // Numbers are no typing mistakes: HTTP/2.0 is not HTTP/1.0.
    if (plain.replace(/\d/g, '') === other.replace(/\d/g, '')) continue;
    const far = distance(plain, other);
    if (far > limit || (far === limit && nearest !== undefined)) continue;
    // A word of one or two letters is near to every other one.
    if (far >= Math.min(plain.length, other.length)) continue;
    nearest = word;
    limit = far;
  }
  return nearest;
}

function plainForm(word: string): string {
  return word.toLowerCase().replace(/[-_.\s]/g, '');
}

/** Damerau-Levenshtein distance in its optimal string alignment form: insert, delete, replace, swap neighbours. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const replaced = (above[column - 1] ?? 0) + (same ? 0 : 1);
      let best = Math.min(replaced, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, (before[column - 2] ?? 0) + 1);
      line.push(best);
    }
    before = above;
    above = line;
  }
  return above[to.length] ?? 0;
}
