/** One opening mark on a line: `[`, `{` or a quote, and its column. */
interface Opened {
  readonly mark: string;
  readonly column: number;
}

/** One line of a text that is no YAML, read by itself: good enough to find what was meant. */
export interface ScannedLine {
  readonly at: number;
  readonly text: string;
  /** Columns of white space in front; a dash and the space behind it do not count. */
  readonly indent: number;
  /** Without white space in front. */
  readonly content: string;
  /** What the line opens and does not close, outermost first. */
  readonly open: readonly Opened[];
  /** Column of the first `]` or `}` that nothing on the line opened; -1 when there is none. */
  readonly surplus: number;
}

/** Lines around a place that are looked at, and characters of the longest: a text of 8 MiB must not be searched for seconds. */
const BEFORE = 500;
const BEHIND = 20;
const LONGEST = 1000;

/** Takes the text around an offset apart into lines that hold something, comments and very long lines left out. Pure. */
export function scanLines(text: string, around: number): readonly ScannedLine[] {
  const lines: ScannedLine[] = [];
  const from = lineAway(text, around, -BEFORE);
  let at = from;
  for (const line of text.slice(from, lineAway(text, around, BEHIND)).split('\n')) {
    const content = line.trimStart();
    if (content.trim() !== '' && !content.startsWith('#') && line.length <= LONGEST)
      lines.push({
        at,
        text: line,
        indent: line.length - content.length,
        content: content.trimEnd(),
        ...opensOf(line),
      });
    at += line.length + 1;
  }
  return lines;
}

/** Offset of the line that stands so many lines before or behind an offset, as far as the text goes. */
function lineAway(text: string, around: number, lines: number): number {
  let at = around;
  for (let left = Math.abs(lines); left > 0; left -= 1) {
    at = lines < 0 ? text.lastIndexOf('\n', at - 1) : text.indexOf('\n', at + 1);
    if (at <= 0) return lines < 0 ? 0 : at === -1 ? text.length : at;
  }
  return lines < 0 ? at + 1 : at;
}

function opensOf(line: string): Pick<ScannedLine, 'open' | 'surplus'> {
  const open: Opened[] = [];
  let surplus = -1;
  for (let column = 0; column < line.length; column += 1) {
    const mark = line.charAt(column);
    const starts = /(?:^|[\s,[{(:-])$/.test(line.slice(Math.max(0, column - 1), column));
    if (mark === '#' && /\s/.test(line.charAt(column - 1))) break;
    if ((mark === '"' || mark === "'") && starts) {
      const end = closingQuote(line, column);
      if (end === -1) return { open: [...open, { mark, column }], surplus };
      column = end;
    } else if ((mark === '[' || mark === '{') && (starts || open.length > 0)) open.push({ mark, column });
    else if (mark === ']' || mark === '}') {
      if (open.pop() === undefined && surplus === -1 && startsFlow(line)) surplus = column;
    }
  }
  return { open, surplus };
}

/** A plain value may hold brackets of its own: `/items/{id}`. */
function startsFlow(line: string): boolean {
  return /^\s*(?:- +)*(?:[\w.-]+: +)?[[{]/.test(line);
}

function closingQuote(line: string, from: number): number {
  const mark = line.charAt(from);
  for (let column = from + 1; column < line.length; column += 1) {
    if (mark === '"' && line.charAt(column) === '\\') column += 1;
    else if (line.charAt(column) === mark) {
      if (mark === "'" && line.charAt(column + 1) === "'") column += 1;
      else return column;
    }
  }
  return -1;
}
