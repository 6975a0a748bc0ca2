import { YAMLException, parseEvents } from 'js-yaml';
import type { Event } from 'js-yaml';
import type { Issue, Place, SourceText } from '@postern/model';
import type { Problem } from './aliases.ts';
import { compose } from './compose.ts';
import { MAX_BYTES, decode } from './decode.ts';
import { inDocumentOrder } from './issue.ts';
import type { Tree } from './tree.ts';
import { lineStarts, placeOfOffset } from './tree.ts';
import { explainSyntax } from './syntax.ts';

/** Collections inside one another that a document may have. */
const MAX_DEPTH = 64;

/** The tree of a document; `undefined` when its text is none. Issues may stand beside a tree: later stages go on with it. */
export interface Parsed {
  readonly tree: Tree | undefined;
  readonly issues: readonly Issue[];
}

/**
 * Reads a text into a tree in which every value and key has its place. Pure. YAML 1.2 core; JSON is a part of it. Refused
 * with a place each: too many bytes, bytes that are not UTF-8, bad YAML, more than one document, none at all, tags beyond
 * the core, merge keys, repeated keys, and aliases that expand beyond measure.
 */
export function parse(source: SourceText): Parsed {
  const start = { file: source.origin, line: 1, column: 1 };
  const decoded = decode(source);
  if (decoded.kind === 'too-large') {
    const code = 'document/too-large';
    const message = `the document has more than ${MAX_BYTES / 1024 / 1024} MiB`;
    return refused({ code, message, fix: 'split it: one gateway per document, or shorter lists' }, start);
  }
  if (decoded.kind === 'not-utf-8') {
    const { line, column } = decoded;
    const fix = 'save the file as UTF-8';
    return refused(
      { code: 'document/not-utf-8', message: 'the bytes here are not UTF-8', fix },
      { ...start, line, column },
    );
  }
  const { text } = decoded;
  const lines = lineStarts(text);
  const place = (offset: number): Place => placeOfOffset({ file: source.origin, lines }, offset);
  const read = readEvents(text);
  if ('problem' in read) return refused(read.problem, place(read.problem.at));
  const { root, problems } = compose(read.events, text, lines);
  const issues = inDocumentOrder(problems.map((problem) => toIssue(problem, place(problem.at))));
  // An escape may spell a reference too: "\x24{env:NAME}".
  const refers = text.includes('${') || text.includes('\\');
  return { tree: root === undefined ? undefined : { file: source.origin, text, root, lines, refers }, issues };
}

function readEvents(text: string): { readonly events: readonly Event[] } | { readonly problem: Problem } {
  try {
    return { events: parseEvents(text, { maxDepth: MAX_DEPTH }) };
  } catch (error) {
    // A text that breaks the parser in another way is a bad text all the same: no input may crash the gateway.
    const reason = error instanceof YAMLException ? error.reason : 'it cannot be read as YAML';
    const at = error instanceof YAMLException ? (error.mark?.position ?? 0) : 0;
    return { problem: explainSyntax(reason, text, at) };
  }
}

function refused(problem: Omit<Problem, 'at'>, place: Place): Parsed {
  return { tree: undefined, issues: [toIssue(problem, place)] };
}

function toIssue({ code, message, fix }: Omit<Problem, 'at'>, place: Place): Issue {
  return { severity: 'error', code, message, ...place, pointer: '', fix };
}
