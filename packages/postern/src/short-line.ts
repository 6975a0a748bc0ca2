/** Bytes that a pipe takes in one piece whoever else writes to it (PIPE_BUF of Linux; POSIX asks for 512). */
const LONGEST_LINE = 4096;

/** Characters that a text keeps when the line has to be cut, at first. */
const KEPT = 1024;
const CUT = '...';

/**
 * A line of the log that other processes cannot tear: one of more bytes than a pipe takes in one piece has its longest texts
 * cut, and says `"cut":true`. What is no JSON passes as it is.
 */
export function shortLine(line: string): string {
  if (line.length * 3 <= LONGEST_LINE || Buffer.byteLength(line) <= LONGEST_LINE) return line;
  const record = parse(line);
  if (record === undefined) return line;
  for (let kept = KEPT; kept >= 1; kept = Math.floor(kept / 2)) {
    const short = `${JSON.stringify(cut({ ...record, cut: true }, kept))}\n`;
    if (Buffer.byteLength(short) <= LONGEST_LINE) return short;
  }
  const { time, level } = record;
  return `${JSON.stringify({ level, time, cut: true })}\n`;
}

function parse(line: string): { readonly time?: unknown; readonly level?: unknown } | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

function cut(value: unknown, kept: number): unknown {
  if (typeof value === 'string') return value.length > kept + CUT.length ? `${value.slice(0, kept)}${CUT}` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const members: readonly unknown[] = value;
    return members.slice(0, kept).map((member) => cut(member, kept));
  }
  const members: readonly (readonly [string, unknown])[] = Object.entries(value);
  return Object.fromEntries(members.map(([name, member]) => [name, cut(member, kept)]));
}
