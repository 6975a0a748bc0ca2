import type { Node } from './tree.ts';

const MAX_SHOWN = 60;

// Control characters, line separators, characters that reorder what follows them, and halves of a surrogate pair: none of
// them may reach a terminal or a log line as it came.
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** Makes a text of the document safe to print: control characters escaped, at most 60 characters, no quotes around. */
export function printable(text: string): string {
  const escaped = text.slice(0, MAX_SHOWN + 1).replace(UNSAFE, escapeCharacter);
  return escaped.length > MAX_SHOWN ? `${escaped.slice(0, MAX_SHOWN - 3)}...` : escaped;
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The same in double quotes: how messages show a text that was found. */
export function quoted(text: string): string {
  return `"${printable(text).replaceAll('"', '\\"')}"`;
}

/** Shows what stands in the document: texts quoted as written (references unresolved), numbers plain, the rest by kind. */
export function shownNode(node: Node | undefined): string {
  if (node === undefined) return 'nothing';
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return quoted(node.value);
  return printable(node.source);
}

/** `"a", "b" or "c"`: the choices of a message, at most eight of them. */
export function choices(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => printable(name));
  if (names.length > shown.length) return `${shown.join(', ')}, ... (${names.length} in all)`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} or ${last}`;
}
