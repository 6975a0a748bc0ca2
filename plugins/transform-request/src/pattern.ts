import { problem, toPathPart } from '@postern/kit';
import type { Exchange, Finding, ReadTemplate } from '@postern/kit';
import { RE2JS, RE2JSException } from 're2js';

/** Characters of one pattern. */
const LONGEST = 512;
/** Instructions of one compiled pattern: the time of a match grows with them times the length of the path. */
const LARGEST_PROGRAM = 500;

/** A piece of the path that a match becomes: a text, a group of the pattern, or a value that each exchange has of its own. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'group'; readonly group: number }
  | Extract<ReadTemplate['parts'][number], { kind: 'value' }>;

/** What a path is searched for, in linear time whatever the path is, and what every match becomes. */
export interface PathPattern {
  readonly regex: RE2JS;
  readonly pieces: readonly Piece[];
}

/** Reads the pattern; a finding with an empty path when it is none. Pure. */
export function readPattern(source: string): RE2JS | Finding {
  if (source.length > LONGEST) return refused(`is longer than ${LONGEST} characters`, 'write a shorter one');
  try {
    const regex = RE2JS.compile(source);
    if (regex.programSize() <= LARGEST_PROGRAM) return regex;
    return refused('is too large when compiled', 'use smaller repeat counts');
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const said = error.message.replace(/^error parsing regexp: /, '');
    return refused(`is none: ${said}`, 'write it in the syntax of RE2: no look-around, no back-references');
  }
}

function refused(what: string, fix: string): Finding {
  return problem({ code: 'transform-request/pattern', path: [], message: `the pattern ${what}`, fix });
}

/** Reads `$1`, `$<1>`, `$<name>` and `$$` in the literals of a replacement; the group that the pattern lacks, when one is. Pure. */
export function readReplacement(template: ReadTemplate, regex: RE2JS): readonly Piece[] | { readonly missing: string } {
  const names = new Map(Object.entries(regex.namedGroups()));
  const pieces: Piece[] = [];
  for (const part of template.parts) {
    if (part.kind === 'value') {
      pieces.push(part);
      continue;
    }
    let from = 0;
    for (const found of part.text.matchAll(/\$(?:(\$)|(\d{1,2})|<(\w+)>)/g)) {
      const [whole, dollar, number, name] = found;
      pieces.push({ kind: 'text', text: part.text.slice(from, found.index) });
      from = found.index + whole.length;
      const group = dollar === undefined ? groupOf(number ?? name ?? '', names) : 0;
      if (dollar !== undefined) pieces.push({ kind: 'text', text: '$' });
      else if (group === undefined || group > regex.groupCount()) return { missing: whole };
      else pieces.push({ kind: 'group', group });
    }
    pieces.push({ kind: 'text', text: part.text.slice(from) });
  }
  return pieces;
}

function groupOf(name: string, names: ReadonlyMap<string, number>): number | undefined {
  return /^\d+$/.test(name) ? Number(name) : names.get(name);
}

/** The path with every match replaced, from left to right; undefined without a match. */
export function replaceMatches(path: string, { regex, pieces }: PathPattern, exchange: Exchange): string | undefined {
  const matcher = regex.matcher(path);
  let made = '';
  let from = 0;
  let isFound = false;
  while (matcher.find()) {
    isFound = true;
    made += path.slice(from, matcher.start());
    for (const piece of pieces) {
      if (piece.kind === 'text') made += piece.text;
      // Of the canonical path, so encoded already; a group that took no part in the match is empty.
      else if (piece.kind === 'group') made += matcher.group(piece.group) ?? '';
      else made += toPathPart(piece.valueOf(exchange), piece.expression);
    }
    from = matcher.end();
  }
  return isFound ? made + path.slice(from) : undefined;
}
