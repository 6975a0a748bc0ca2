import type { Cause, Complaint } from './cause.ts';
import { indentCause } from './indent-cause.ts';
import type { ScannedLine } from './line-scan.ts';
import { scanLines } from './line-scan.ts';
import { printable } from './quote.ts';

/**
 * Finds what the author most likely did: parsers notice a missing quote or space only lines later. A guess by lines, looked for
 * from the place of the complaint backwards; undefined leaves the complaint where it is. Pure.
 */
export function causeOf(text: string, complaint: Complaint): Cause | undefined {
  const before = text.charAt(complaint.at - 1);
  if (/anchor|alias/.test(complaint.reason) && (before === '*' || before === '&'))
    return starAlone(text, complaint.at - 1);
  if (/unknown escape|hexadecimal/.test(complaint.reason)) return badEscape(text, complaint.at);
  const lines = scanLines(text, complaint.at);
  let index = lines.findLastIndex(({ at }) => at <= complaint.at);
  if (index === -1) index = 0;
  const line = lines[index];
  if (line === undefined) return undefined;
  return (
    surplusIn(line) ??
    behindQuote(text, complaint.at, line) ??
    inFlow(line, complaint) ??
    dashWithoutSpace(lines, index) ??
    unclosed(lines, index, complaint) ??
    secondColon(line, complaint) ??
    noKey(lines, index) ??
    indentCause(lines, index, complaint)
  );
}

function starAlone(text: string, at: number): Cause {
  const word = /^[*&][^\s,\]}]*/.exec(text.slice(at, at + 80))?.[0] ?? '*';
  return { at, message: 'a plain value cannot start with * or &', fix: `put it in quotes: "${printable(word)}"` };
}

function badEscape(text: string, at: number): Cause | undefined {
  const slash = text.lastIndexOf('\\', at);
  if (slash === -1 || at - slash > 10) return undefined;
  const message = 'a backslash stands before a character that it cannot escape';
  return { at: slash, message, fix: 'write \\\\ for a backslash, or use single quotes' };
}

function surplusIn({ at, text, surplus }: ScannedLine): Cause | undefined {
  if (surplus === -1) return undefined;
  const mark = text.charAt(surplus);
  return { at: at + surplus, message: `nothing opens this ${mark}`, fix: `take the ${mark} away` };
}

function behindQuote(text: string, at: number, line: ScannedLine): Cause | undefined {
  const head = text.slice(line.at, at).trimEnd();
  if (!/["']$/.test(head) || line.open.length > 0 || /^[\s,\]}:#]|^$/.test(text.charAt(at))) return undefined;
  return { at, message: 'text stands behind the closing quote', fix: 'put the whole value in one pair of quotes' };
}

/** `{ path: /items/{id} }` and `{ connect: 5s headers: 30s }`. */
function inFlow({ at: start, text }: ScannedLine, { reason, at }: Complaint): Cause | undefined {
  if (!reason.includes('missed comma')) return undefined;
  const head = text.slice(0, at - start);
  const value =
    /(?:[:,[{] +)([^\s,[\]{}"']*[^\s,[\]{}"']\{[^{}]*\}?[^,\]}]*)$/.exec(head) ?? /: +([^\s,{}"']+)$/.exec(head);
  const next = text.charAt(at - start);
  if (value !== null && (next === '{' || (value[1] ?? '').includes('{'))) {
    const column = head.length - (value[1] ?? '').length;
    return { at: start + column, message: 'a value in brackets holds { or [', fix: 'put it in quotes' };
  }
  const word = /[\s]([\w.-]+)$/.exec(head);
  if (next !== ':' || word === null) return undefined;
  const column = head.length - (word[1] ?? '').length;
  return {
    at: start + column,
    message: 'a comma is missing in front of this key',
    fix: 'put a comma between the two members',
  };
}

function dashWithoutSpace(lines: readonly ScannedLine[], index: number): Cause | undefined {
  for (let at = index; at >= Math.max(0, index - 3); at -= 1) {
    const line = lines[at];
    if (line === undefined || !/^-(?!-)[^\s\d]/.test(line.content)) continue;
    const sibling = [lines[at - 1], lines[at + 1], lines[at + 2], lines[at - 2]];
    if (!sibling.some((other) => other?.indent === line.indent && /^-(?: |$)/.test(other.content)) && at !== index)
      continue;
    const message = 'a dash without a space behind it begins no member of a list';
    return { at: line.at + line.indent, message, fix: 'put a space behind the dash' };
  }
  return undefined;
}

/** The nearest line in front of the complaint that opens what it does not close, where the parser went on reading. */
function unclosed(lines: readonly ScannedLine[], index: number, { reason }: Complaint): Cause | undefined {
  if (!/deficient|within a|stream|missed comma|multiline|quoted|expected|bad indentation|escape/.test(reason))
    return undefined;
  for (let at = index; at >= 0; at -= 1) {
    const line = lines[at];
    const opened = line?.open.at(-1);
    if (line === undefined || opened === undefined) continue;
    const isQuote = opened.mark === '"' || opened.mark === "'";
    // A list over several lines is fine where its next line stands deeper.
    const next = lines[at + 1];
    if (!isQuote && next !== undefined && next.indent > line.indent && !/^[\w-]+:(?: |$)/.test(next.content)) continue;
    if (isQuote && closesLater(lines, at, opened.mark)) continue;
    const closing = opened.mark === '[' ? ']' : opened.mark === '{' ? '}' : opened.mark;
    const message = isQuote ? 'this quote is never closed' : `this ${opened.mark} is never closed`;
    return {
      at: line.at + opened.column,
      message,
      fix: isQuote ? `close the quote: add ${closing}` : `close it: add ${closing}`,
    };
  }
  return undefined;
}

/** A quoted text over several lines ends on one that opens nothing itself. */
function closesLater(lines: readonly ScannedLine[], from: number, mark: string): boolean {
  const next = lines[from + 1];
  return (
    next !== undefined &&
    next.indent > (lines[from]?.indent ?? 0) &&
    !next.content.includes(': ') &&
    next.content.endsWith(mark)
  );
}

/** `when: note: this`: the value holds what would begin a map. */
function secondColon({ at, text, content }: ScannedLine, complaint: Complaint): Cause | undefined {
  const found = /^(\s*(?:- +)*[\w.-]+: +)([^"'[{|>&*!#\s].*?):(?: |$)/.exec(text);
  if (found === null || complaint.at < at + (found[1] ?? '').length || content.startsWith('#')) return undefined;
  const fix = 'put the value in quotes, or begin a new line for the second key';
  return { at: at + (found[1] ?? '').length, message: 'this value holds a colon and a space', fix };
}

/** A line in a map that is no `key: value`: the parser complains there or at one of the next. */
function noKey(lines: readonly ScannedLine[], index: number): Cause | undefined {
  for (let at = index; at >= Math.max(0, index - 2); at -= 1) {
    const line = lines[at];
    if (line === undefined) continue;
    const dash = /^(?:- +)*/.exec(line.content)?.[0] ?? '';
    const content = line.content.slice(dash.length);
    // A member that is one text is fine, unless what follows stands below it.
    if (dash !== '' && lines[at + 1]?.indent !== line.indent + dash.length) continue;
    const glued = /^[\w.-]+(?=:[^\s/])/.exec(content)?.[0];
    const offset = line.at + line.indent + dash.length;
    if (glued !== undefined && !/^[\w.-]+: /.test(content)) {
      const message = 'a space is missing behind this colon';
      return { at: offset + glued.length, message, fix: `write "${glued}: value", with a space behind the colon` };
    }
    if (/^(?:"[^"]*"|'[^']*'|[^\s#"'[{][^#[{]*?):(?: |$)/.test(content) || /^[[{"'|>#&*!]/.test(content)) continue;
    return { at: offset, message: 'this line is no "key: value"', fix: 'write "key: value", with a colon and a space' };
  }
  return undefined;
}
