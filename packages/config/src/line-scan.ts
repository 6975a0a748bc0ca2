/** One opening mark on a line: `[`, `{` or a quote, and its column. */
export interface Opened {
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

/** Takes a text apart into lines that hold something, comments left out. Linear; pure. */
export function scanLines(text: string): readonly ScannedLine[] {
  const lines: ScannedLine[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const content = line.trimStart();
    if (content.trim() !== '' && !content.startsWith('#'))
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
