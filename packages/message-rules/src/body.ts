import { compileTemplate } from '@postern/kit';
import type { Exchange, ReadTemplate } from '@postern/kit';
import { JsonText } from './json/edit-json.ts';
import type { JsonEdited } from './json/edit-json.ts';
import { parsePointer } from './json/pointer.ts';
import type { Pointer } from './json/pointer.ts';
import { newName } from './text-value.ts';
import type { Report, Rule } from './rule.ts';

/** The JSON text of a value: pieces that are made once, and templates that become strings. */
type JsonParts = readonly (string | ReadTemplate)[];

/** One edit of a JSON body, ready for the request path. */
export type BodyEdit =
  | { readonly kind: 'upsert' | 'add' | 'replace'; readonly pointer: Pointer; readonly value: JsonParts }
  | { readonly kind: 'remove'; readonly pointer: Pointer }
  | { readonly kind: 'rename'; readonly pointer: Pointer; readonly to: Pointer };

/** What became of a body. */
export type BodyEdited =
  /** `text` is undefined where nothing changed. `hasPlace` is false where a value that belongs there had no place. */
  | { readonly kind: 'edited'; readonly text: string | undefined; readonly hasPlace: boolean }
  /** No JSON, too deep, or to be read in two ways; `detail` says it to the client. */
  | { readonly kind: 'unreadable'; readonly detail: string };

/** Compiles a rule about a body; undefined with a problem. */
export function toBodyEdit(rule: Rule, report: Report): BodyEdit | undefined {
  const pointer = readPointer(rule.key, report, { path: rule.keyAt, atKey: rule.atKey });
  if (rule.operation === 'remove') return pointer && { kind: 'remove', pointer };
  if (rule.operation === 'rename') return toRename(rule, pointer, report);
  const value = toParts(rule.value, rule.valueAt, report);
  return pointer && { kind: rule.operation, pointer, value };
}

function toRename(rule: Rule, pointer: Pointer | undefined, report: Report): BodyEdit | undefined {
  const name = newName(rule, report);
  if (name === undefined || pointer === undefined) return undefined;
  const to = name.startsWith('/') ? readPointer(name, report, { path: rule.valueAt }) : [...pointer.slice(0, -1), name];
  if (to === undefined) return undefined;
  if (to.length > pointer.length && pointer.every((step, at) => step === to[at])) {
    report.problem({
      reason: 'into-itself',
      path: rule.valueAt,
      message: `${JSON.stringify(rule.key)} cannot be moved into itself`,
      fix: 'name a place outside of it',
    });
    return undefined;
  }
  return { kind: 'rename', pointer, to };
}

function readPointer(
  text: string,
  report: Report,
  at: { readonly path: Rule['keyAt']; readonly atKey?: boolean },
): Pointer | undefined {
  const pointer = parsePointer(text);
  if (pointer !== undefined) return pointer;
  const dotted = /^\$?\.?[\w-]+(?:\.[\w-]+)*$/.test(text);
  report.problem({
    reason: 'pointer',
    ...at,
    message: `${JSON.stringify(text)} is no JSON pointer to a value in a body`,
    fix: dotted
      ? `write /${text.replace(/^\$?\.?/, '').replaceAll('.', '/')}`
      : 'write /customer/name, with ~1 for a slash and ~0 for a tilde in a name; 32 names at most',
  });
  return undefined;
}

/** Constant pieces that stand side by side are joined: a value without templates is one text. */
function toParts(value: unknown, path: Rule['valueAt'], report: Report): JsonParts {
  const parts: (string | ReadTemplate)[] = [];
  const put = (text: string): void => {
    const last = parts.at(-1);
    if (typeof last === 'string') parts[parts.length - 1] = last + text;
    else parts.push(text);
  };
  const walk = (below: unknown, at: Rule['valueAt']): void => {
    if (typeof below === 'string') {
      const template = compileTemplate(below, report.context);
      if (template.kind === 'wrong') report.template(template.findings, at);
      else if (template.constant === undefined) parts.push(template);
      else put(JSON.stringify(template.constant));
    } else if (Array.isArray(below)) {
      put('[');
      for (const [index, item] of below.entries()) {
        if (index > 0) put(',');
        walk(item, [...at, index]);
      }
      put(']');
    } else if (typeof below === 'object' && below !== null) {
      put('{');
      for (const [index, [name, member]] of Object.entries(below).entries()) {
        put(`${index > 0 ? ',' : ''}${JSON.stringify(name)}:`);
        walk(member, [...at, name]);
      }
      put('}');
    } else put(JSON.stringify(below) ?? 'null');
  };
  walk(value, path);
  return parts;
}

function textOf(parts: JsonParts, exchange: Exchange): string {
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'string') return only;
  return parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part.valueOf(exchange)))).join('');
}

/** Makes the edits, in order; each sees what those before it did. What no edit names keeps its very bytes. */
export function editBody(bytes: Uint8Array, edits: readonly BodyEdit[], exchange: Exchange): BodyEdited {
  const json = JsonText.read(bytes);
  if (json === undefined) return NO_JSON;
  let isChanged = false;
  let hasPlace = true;
  for (const edit of edits) {
    const edited = make(json, edit, exchange);
    if (edited === 'twice') return NAMED_TWICE;
    if (edited === 'no-place') hasPlace = false;
    if (edited === 'done') isChanged = true;
  }
  return { kind: 'edited', text: isChanged ? json.toText() : undefined, hasPlace };
}

const NO_JSON: BodyEdited = { kind: 'unreadable', detail: 'The body is no JSON, or nested too deep.' };
const NAMED_TWICE: BodyEdited = { kind: 'unreadable', detail: 'The body has one name twice in an object.' };

function make(json: JsonText, edit: BodyEdit, exchange: Exchange): JsonEdited {
  if (edit.kind === 'remove' || edit.kind === 'rename') return json.edit(edit);
  const { kind, pointer } = edit;
  const text = textOf(edit.value, exchange);
  return json.edit(kind === 'replace' ? { kind, pointer, text } : { kind, pointer, text });
}

/** Whether a media type is JSON (RFC 6839 section 3.1: structured syntax suffixes); parameters do not matter. */
export function isJsonType(type: string | undefined): boolean {
  const [essence = ''] = (type ?? '').split(';');
  return /^(?:application|text)\/json$|^[a-z]+\/[^\s/]+\+json$/i.test(essence.trim());
}
