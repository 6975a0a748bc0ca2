import type { ScannedLine } from './line-scan.ts';
import type { Cause, Complaint } from './syntax-cause.ts';

const LINE_UP = 'line this up with its neighbours: members of one map or list start in one column';

/**
 * Finds the line that stands in the wrong column: the one that the parser complains of, or the one in front of it whose
 * neighbours on both sides stand elsewhere. Undefined when the complaint is about something else. Pure.
 */
export function indentCause(lines: readonly ScannedLine[], index: number, { reason }: Complaint): Cause | undefined {
  const line = lines[index];
  const before = lines[index - 1];
  if (line === undefined || before === undefined || !/bad indentation|multiline key|expected/.test(reason))
    return undefined;
  if (!/^(?:- )?[\w."'-]+:(?: |$)|^- /.test(line.content)) return undefined;
  const around = lines[index - 2];
  if (isItem(before) && !isItem(line) && before.indent === line.indent) return strayDash(before);
  if (line.indent <= before.indent) return bad(line) && reason.includes('bad indentation') ? atStart(line) : undefined;
  // From here on the line stands deeper than the one in front of it, which has a value and so nothing below it.
  if (endsOpen(before)) return undefined;
  if (around === undefined) return atStart(line);
  if (around.indent === line.indent && before.indent < line.indent && !isItem(before)) return atStart(before);
  if (endsOpen(around) && around.indent < line.indent && before.indent <= around.indent) return under(before, around);
  const sibling = lines.slice(index + 1, index + 8).find(({ indent }) => indent <= before.indent);
  if (endsOpen(around) && sibling !== undefined && isItem(sibling) && sibling.indent === before.indent)
    return {
      at: start(before),
      message: 'the dash of this member is missing',
      fix: 'put a dash in front of it: this is a list',
    };
  return atStart(line);
}

function isItem({ content }: ScannedLine): boolean {
  return /^-(?: |$)/.test(content);
}

/** Whether a line ends in a key whose value is still to come. */
function endsOpen({ content }: ScannedLine): boolean {
  return /:$/.test(content.replace(/\s+#.*$/, ''));
}

function bad({ content }: ScannedLine): boolean {
  return content !== '';
}

function start({ at, indent }: ScannedLine): number {
  return at + indent;
}

function atStart(line: ScannedLine): Cause {
  return { at: start(line), message: 'this line is indented too much or too little', fix: LINE_UP };
}

function under(line: ScannedLine, parent: ScannedLine): Cause {
  const key = /([\w.-]+):$/.exec(parent.content)?.[1] ?? 'the key above';
  const message = `this line is indented too little: what follows it belongs under ${key}`;
  return { at: start(line), message, fix: `indent it more, to stand under ${key}; ${LINE_UP}` };
}

function strayDash(line: ScannedLine): Cause {
  const message = 'this line is a member of a list, and its neighbours are keys of a map';
  return { at: start(line), message, fix: 'take the dash away, or put one in front of the others' };
}
