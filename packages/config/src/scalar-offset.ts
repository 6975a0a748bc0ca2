const ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Where a character of a scalar's value stands in the document: behind the quote, the `|` or the indentation, and with
 * escapes counted as written. `at` is where the scalar visibly starts. Undefined where the two cannot be laid side by side.
 */
export function offsetInScalar(text: string, at: number, value: string): ((offset: number) => number) | undefined {
  const places: number[] = [];
  const quote = text[at];
  let from = at;
  if (quote === '"' || quote === "'") from = at + 1;
  else if ((quote === '|' || quote === '>') && !value.startsWith(quote)) from = text.indexOf('\n', at) + 1;
  const end = place(value, { text, from, quote, places });
  if (end === undefined) return undefined;
  return (offset) => places[offset] ?? end;
}

interface Laid {
  readonly text: string;
  readonly from: number;
  readonly quote: string | undefined;
  readonly places: number[];
}

/** Notes the offset of each character of the value; the offset behind the last one, or undefined. */
function place(value: string, { text, from, quote, places }: Laid): number | undefined {
  let at = from;
  while (places.length < value.length) {
    const wanted = value[places.length];
    const found = text[at];
    if (found === undefined) return undefined;
    const length = quote === '"' && found === '\\' ? escapeLength(text, at) : 1;
    if (length > 1 && /[\r\n]/.test(text.slice(at, at + 2))) at += 2; // an escaped line break is none
    else if (length > 1) {
      const code = length > 2 ? Number.parseInt(text.slice(at + 2, at + length), 16) : 0;
      // What lies beyond the basic plane is two units of the value.
      places.push(...(code > 0xffff ? [at, at] : [at]));
      at += length;
    } else if (quote === "'" && found === "'" && text[at + 1] === "'") {
      places.push(at);
      at += 2;
    } else if (found === wanted) {
      places.push(at);
      at += 1;
    } else if (/\s/.test(found)) at += 1; // indentation, or a line break that became a space further on
    else if (wanted === ' ' || wanted === '\n') places.push(at);
    else return undefined;
  }
  return at;
}

function escapeLength(text: string, at: number): number {
  return 2 + (ESCAPES[text[at + 1] ?? ''] ?? 0);
}
