import { isFieldValue, isToken } from './field-lines.ts';
import { copyOf } from './latin1.ts';

/** What is known of the lines of one name. */
interface Known {
  /** `name: ` */
  readonly start: string;
  /** A value that was sent, and its line. */
  value: string | undefined;
  line: string;
  /** Lines since with another value. */
  others: number;
}

/** By name, in lower case. Filled by what is sent first, which is what is sent most. */
const byName = new Map<string, Known>();

/** Names that clients and upstreams make up must not fill the memory, and neither must long values. */
const MOST_NAMES = 1_000;
const LONGEST_VALUE = 256;

/** Names whose values are one person's: each comes anew, and nothing is gained by keeping one. */
const PERSONAL: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

/** How many lines with other values come before one of them is kept instead: keeping one copies it. */
const PATIENCE = 64;

/**
 * A field line as it is sent (RFC 9112 section 5), with its CRLF; undefined where the name is no token or the value holds what no
 * value may. Most lines are the same from message to message: the last but few of each name is neither checked nor made again.
 */
export function fieldLine(name: string, value: string): string | undefined {
  const known = byName.get(name);
  if (known === undefined) return firstLine(name, value);
  if (known.value === value) return known.line;
  if (!isFieldValue(value)) return undefined;
  const line = `${known.start}${value}\r\n`;
  known.others += 1;
  if (known.others >= PATIENCE) keep(known, name, value);
  return line;
}

function firstLine(name: string, value: string): string | undefined {
  if (!isToken(name) || !isFieldValue(value)) return undefined;
  if (byName.size < MOST_NAMES) {
    const known: Known = { start: copyOf(`${name}: `), value: undefined, line: '', others: 0 };
    byName.set(copyOf(name), known);
    keep(known, name, value);
  }
  return `${name}: ${value}\r\n`;
}

function keep(known: Known, name: string, value: string): void {
  known.others = 0;
  if (value.length > LONGEST_VALUE || PERSONAL.has(name)) return;
  known.value = copyOf(value);
  known.line = copyOf(`${known.start}${value}\r\n`);
}
