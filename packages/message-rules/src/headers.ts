import { isFieldValue, refusedField, toFieldValue } from '@postern/kit';
import type { Exchange, ReadTemplate } from '@postern/kit';
import type { Report, Rule, WrittenMessage } from './rule.ts';
import { newName, textValue } from './text-value.ts';

/** One edit of headers, ready for the request path. */
export type HeaderEdit =
  | { readonly kind: 'set' | 'add' | 'replace'; readonly name: string; readonly value: ReadTemplate }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string };

/** Compiles a rule about a header; undefined with a problem. */
export function toHeaderEdit(rule: Rule, report: Report): HeaderEdit | undefined {
  const name = rule.key.toLowerCase();
  const isNamed = isEditable(name, report, { path: rule.keyAt, atKey: rule.atKey });
  if (rule.operation === 'remove') return isNamed ? { kind: 'remove', name } : undefined;
  if (rule.operation === 'rename') {
    const to = newName(rule, report)?.toLowerCase();
    if (to === undefined || !isEditable(to, report, { path: rule.valueAt }) || !isNamed) return undefined;
    return { kind: 'rename', name, to };
  }
  const value = textValue(rule, report);
  if (value === undefined) return undefined;
  if (!value.parts.every((part) => part.kind === 'value' || isFieldValue(part.text))) {
    // The value stays out of the message: it may be a secret.
    report.problem({
      reason: 'value',
      path: rule.valueAt,
      message: 'the value has a line break, a control byte or a character beyond Latin-1',
      fix: 'use visible characters, spaces and tabs; encode anything else',
    });
    return undefined;
  }
  const kind = rule.operation === 'upsert' ? 'set' : rule.operation;
  return isNamed ? { kind, name, value } : undefined;
}

function isEditable(
  name: string,
  report: Report,
  at: { readonly path: Rule['keyAt']; readonly atKey?: boolean },
): boolean {
  const refused = refusedField(name, report.direction);
  if (refused !== undefined) report.problem({ ...refused, ...at });
  return refused === undefined;
}

/** Makes the edits, in order; each sees what those before it did. */
export function editHeaders(headers: Exchange['outgoing'], edits: readonly HeaderEdit[], exchange: Exchange): void {
  for (const edit of edits) {
    switch (edit.kind) {
      case 'set':
        headers.set(edit.name, valueOf(edit.value, exchange));
        break;
      case 'add':
        headers.add(edit.name, valueOf(edit.value, exchange));
        break;
      case 'replace':
        if (headers.has(edit.name)) headers.set(edit.name, valueOf(edit.value, exchange));
        break;
      case 'remove':
        headers.remove(edit.name);
        break;
      case 'rename':
        rename(headers, edit.name, edit.to);
        break;
      default:
        edit satisfies never;
    }
  }
}

function rename(headers: Exchange['outgoing'], name: string, to: string): void {
  const value = headers.get(name);
  if (value === undefined || name === to) return;
  headers.remove(name);
  headers.set(to, value);
}

/** What a client sent can neither end the line nor begin another; spaces that an empty value leaves at an end go. */
function valueOf(value: ReadTemplate, exchange: Exchange): string {
  return value.constant ?? toFieldValue(value.valueOf(exchange));
}

type NamedEdit = Pick<Rule, 'operation' | 'key' | 'value'>;

/** Names whose value the edits decide alone: those set, removed or renamed, not those joined to. Pure. */
export function writtenNames(written: WrittenMessage): string[] {
  return editsOf(written)
    .filter(({ operation }) => operation !== 'add')
    .flatMap(({ operation, key, value }) => (operation === 'rename' ? [key, String(value)] : [key]))
    .map((name) => name.toLowerCase());
}

const CREDENTIAL = /\b(?:authorization|cookie)\b/i;

/** Names that get the value of a header with credentials, by a new name or by a template. Pure. */
export function credentialNames(written: WrittenMessage): string[] {
  return editsOf(written).flatMap(({ operation, key, value }) => {
    if (typeof value !== 'string') return [];
    if (operation === 'rename') return CREDENTIAL.test(key) ? [value.toLowerCase()] : [];
    return value.includes('{{') && CREDENTIAL.test(value) ? [key.toLowerCase()] : [];
  });
}

function editsOf({ rules = [], headers = {} }: WrittenMessage): readonly NamedEdit[] {
  const { remove = [], rename: renames = {}, set = {}, add = {} } = headers;
  const each = (operation: NamedEdit['operation'], edits: Readonly<Record<string, unknown>>): NamedEdit[] =>
    Object.entries(edits).map(([key, value]) => ({ operation, key, value }));
  return [
    ...rules
      .filter(({ location }) => location === 'header')
      .map(({ operation, key, value }) => ({ operation, key, value })),
    ...remove.map((key): NamedEdit => ({ operation: 'remove', key, value: undefined })),
    ...each('rename', renames),
    ...each('upsert', set),
    ...each('add', add),
  ];
}
