const COLOURS: Readonly<Record<string, string>> = { warn: '\u001b[33m', error: '\u001b[31m', fatal: '\u001b[31m' };
const PLAIN = '\u001b[0m';

/** Turns one JSON line of the log into the form for a terminal. What is no such line passes as it is. */
export function prettyLine(line: string): string {
  const record = parse(line);
  if (record === undefined) return line;
  const { time, level, msg, ...rest } = record;
  const clock = shown(time).slice(11, 23);
  if (typeof msg !== 'string') return `${clock} ${exchangeLine(rest)}\n`;
  const name = shown(level);
  const colour = COLOURS[name];
  const word = colour === undefined ? name.padEnd(5) : `${colour}${name.padEnd(5)}${PLAIN}`;
  return `${clock} ${word} ${msg}\n`;
}

/** An exchange: what people look for first, the rest as `key=value`. */
function exchangeLine(record: Readonly<Record<string, unknown>>): string {
  const { method, host, path, status, durationMs, ...rest } = record;
  // A policy may write lines of another kind.
  if (method === undefined) return pairs(record);
  return `${shown(method)} ${shown(status)} ${shown(host)}${shown(path)} ${shown(durationMs)}ms ${pairs(rest)}`.trimEnd();
}

function pairs(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${shown(value)}`)
    .join(' ');
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '-');
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
