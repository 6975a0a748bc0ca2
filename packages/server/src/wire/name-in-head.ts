import { copyOf } from './latin1.ts';

/** A field name as it came once, and in lower case. */
interface Spelling {
  readonly spelling: string;
  readonly name: string;
}

const PLACES = 1_024;
/** Names that are longer come seldom. */
const LONGEST = 64;

/** One name for each place, the first that came: so nobody who makes names up fills the memory, and the usual ones are there early. */
const spellings = Array.from({ length: PLACES }, (): Spelling | undefined => undefined);

/**
 * The field name that stands in a head from `from` to `to`, in lower case. Of usual names always the same text: a piece that is cut
 * out of a head has no hash yet, and every table that is asked about it computes one.
 */
export function nameInHead(head: string, from: number, to: number): string {
  const place = placeOf(head, from, to);
  const known = spellings[place];
  if (known !== undefined && known.spelling.length === to - from && head.startsWith(known.spelling, from))
    return known.name;
  const spelling = head.slice(from, to);
  const name = spelling.toLowerCase();
  if (known === undefined && spelling.length <= LONGEST)
    spellings[place] = { spelling: copyOf(spelling), name: copyOf(name) };
  return name;
}

/** By length and three characters, which tell nearly all names apart. */
function placeOf(head: string, from: number, to: number): number {
  const length = to - from;
  const first = head.charCodeAt(from);
  const middle = head.charCodeAt(from + (length >> 1));
  const last = head.charCodeAt(to - 1);
  return ((length * 37) ^ (first * 5) ^ (middle * 11) ^ (last * 113)) & (PLACES - 1);
}
