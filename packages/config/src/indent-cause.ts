import type { ScannedLine } from './line-scan.ts';
import type { Cause, Complaint } from './cause.ts';

const LINE_UP = 'line this up with its neighbours: members of one map or list start in one column';
/** Columns that people indent by. */
const STEP = 2;

/** A line and what stands in front of it. */
interface Standing {
  readonly lines: readonly ScannedLine[];
  readonly index: number;
  readonly line: ScannedLine;
  readonly before: ScannedLine;
}

/**
 * Finds the line that stands in the wrong column: the one that the parser complains of, or one in front of it whose neighbours
 * stand elsewhere. Undefined when the complaint is about something else. Pure.
 */
export function indentCause(lines: readonly ScannedLine[], index: number, { reason }: Complaint): Cause | undefined {
  const line = lines[index];
  const before = lines[index - 1];
  if (line === undefined || before === undefined || !/bad indentation|multiline key|expected/.test(reason))
    return undefined;
  if (!isItem(line) && !/^[\w."'-]+:(?: |$)|^[[{]/.test(line.content)) return undefined;
  const standing = { lines, index, line, before };
  return line.indent > before.indent ? tooDeep(standing) : notDeep(standing, reason);
}

/** The line stands deeper than the one in front of it. */
function tooDeep({ lines, index, line, before }: Standing): Cause | undefined {
  if (endsOpen(before)) return undefined;
  const around = lines[index - 2];
  if (isItem(before) || around === undefined) return atStart(line);
  const peer = lines.slice(0, index - 1).findLast(({ indent }) => indent <= line.indent);
  if (peer?.indent === line.indent && !endsOpen(peer)) return atStart(before);
  if (endsOpen(around) && around.indent < line.indent && before.indent <= around.indent) return under(before, around);
  const sibling = lines.slice(index + 1, index + 8).find(({ indent }) => indent <= before.indent);
  if (endsOpen(around) && sibling !== undefined && isItem(sibling) && sibling.indent === before.indent)
    return dashMissing(before);
  return atStart(line);
}

/** The line stands where the one in front of it does, or less deep. */
function notDeep({ lines, index, line, before }: Standing, reason: string): Cause | undefined {
  const above = lines.slice(0, index);
  const parentAt = above.findLastIndex(({ indent }) => indent < line.indent);
  const parent = above[parentAt];
  const peer = above.findLast(({ indent }) => indent <= line.indent);
  const inside = above.slice(parentAt + 1);
  if (isItem(line)) {
    if (before.indent === line.indent + STEP && parent !== undefined && endsOpen(parent) && !inside.some(isItem))
      return inside[0] === undefined ? undefined : dashMissing(inside[0]);
    if (parent !== undefined && isItem(parent) && !endsOpen(parent) && inside.every(isItem)) return atStart(parent);
  } else if (peer !== undefined && peer.indent === line.indent && isItem(peer)) {
    if (peer === before && isAlone(lines, index - 1)) return strayDash(before);
    return dashOrDeeper(line, before);
  }
  if (!reason.includes('bad indentation') && !isItem(line)) return undefined;
  if (parent !== undefined && endsOpen(parent) && before.indent > line.indent) {
    if (inside.length === 1 && before.indent !== parent.indent + STEP) return atStart(before);
    const uncle = lines[parentAt - 1];
    if (inside.length > 1 && uncle?.indent === line.indent) return atStart(parent);
  }
  return reason.includes('bad indentation') ? atStart(line) : undefined;
}

/** Whether no other member of a list stands in the column of this one. */
function isAlone(lines: readonly ScannedLine[], index: number): boolean {
  const indent = lines[index]?.indent ?? 0;
  const isPeer = (line: ScannedLine): boolean => isItem(line) && line.indent === indent;
  const before = lines.slice(0, index).findLast((line) => line.indent < indent || isPeer(line));
  const after = lines.slice(index + 1).find((line) => line.indent < indent || isPeer(line));
  return !(before !== undefined && isPeer(before)) && !(after !== undefined && isPeer(after));
}

function isItem({ content }: ScannedLine): boolean {
  return /^-(?: |$)/.test(content);
}

/** Whether a line ends in a key whose value is still to come. */
function endsOpen({ content }: ScannedLine): boolean {
  return content.replace(/\s+#.*$/, '').endsWith(':');
}

function atStart(line: ScannedLine): Cause {
  return { at: line.at + line.indent, message: 'this line is indented too much or too little', fix: LINE_UP };
}

function under(line: ScannedLine, parent: ScannedLine): Cause {
  const key = /([\w.-]+):$/.exec(parent.content)?.[1] ?? 'the key above';
  const message = `this line is indented too little: what follows it belongs under ${key}`;
  return { at: line.at + line.indent, message, fix: `indent it more, to stand under ${key}; ${LINE_UP}` };
}

function dashMissing(line: ScannedLine): Cause {
  const message = 'the dash of this member is missing';
  return { at: line.at + line.indent, message, fix: 'put a dash in front of it: this is a list' };
}

function dashOrDeeper(line: ScannedLine, before: ScannedLine): Cause {
  const message = 'this line stands among the members of a list and is none';
  const fix = isItem(before)
    ? 'indent it more, to stand below the member above, or put a dash in front of it'
    : 'put a dash in front of it, or indent it more, to stand below the member above';
  return { at: line.at + line.indent, message, fix: `${fix}; members of one map or list start in one column` };
}

function strayDash(line: ScannedLine): Cause {
  const message = 'this line is a member of a list, and its neighbours are keys of a map';
  return { at: line.at + line.indent, message, fix: 'take the dash away, or put one in front of the others' };
}
