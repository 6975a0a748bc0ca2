import { toQueryPart } from '@postern/kit';
import type { Exchange, ReadTemplate } from '@postern/kit';
import type { Report, Rule } from './rule.ts';
import { newName, textValue } from './text-value.ts';

/** One edit of a query, ready for the request path. `encoded` is the name as it stands in a query. */
export type QueryEdit =
  | {
      readonly kind: 'upsert' | 'add' | 'replace';
      readonly name: string;
      readonly encoded: string;
      readonly value: ReadTemplate;
    }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string; readonly encoded: string };

/** Compiles a rule about a query parameter; undefined with a problem. */
export function toQueryEdit(rule: Rule, report: Report): QueryEdit | undefined {
  const { key: name, operation } = rule;
  if (operation === 'remove') return { kind: 'remove', name };
  if (operation === 'rename') {
    const to = newName(rule, report);
    return to === undefined ? undefined : { kind: 'rename', name, to, encoded: toQueryPart(to) };
  }
  const value = textValue(rule, report);
  return value && { kind: operation, name, encoded: toQueryPart(name), value };
}

/**
 * Makes the edits, in order. Parameters that no edit names keep their very characters and their order; names are compared as they
 * read (`%61` is `a`, URL Standard: application/x-www-form-urlencoded parsing), so that no spelling escapes an edit.
 */
export function editQuery(query: string, edits: readonly QueryEdit[], exchange: Exchange): string {
  let parameters = query === '' ? [] : query.split('&');
  for (const edit of edits) parameters = made(parameters, edit, exchange);
  return parameters.join('&');
}

function made(parameters: string[], edit: QueryEdit, exchange: Exchange): string[] {
  const isNamed = (parameter: string): boolean => nameOf(parameter) === edit.name;
  switch (edit.kind) {
    case 'remove':
      return parameters.filter((parameter) => !isNamed(parameter));
    case 'add':
      return [...parameters, parameterOf(edit, exchange)];
    case 'upsert':
    case 'replace': {
      const first = parameters.findIndex(isNamed);
      if (first === -1) return edit.kind === 'upsert' ? [...parameters, parameterOf(edit, exchange)] : parameters;
      const set = parameterOf(edit, exchange);
      return parameters.flatMap((parameter, at) => (at === first ? [set] : isNamed(parameter) ? [] : [parameter]));
    }
    case 'rename': {
      if (edit.to === edit.name || !parameters.some(isNamed)) return parameters;
      return parameters
        .filter((parameter) => nameOf(parameter) !== edit.to)
        .map((parameter) => (isNamed(parameter) ? `${edit.encoded}${valuePart(parameter)}` : parameter));
    }
    default:
      return edit satisfies never;
  }
}

function parameterOf(edit: Extract<QueryEdit, { readonly value: ReadTemplate }>, exchange: Exchange): string {
  let text = `${edit.encoded}=`;
  for (const part of edit.value.parts)
    text += part.kind === 'literal' ? toQueryPart(part.text) : toQueryPart(part.valueOf(exchange), part.expression);
  return text;
}

/** `=` and what stands behind it, as it came. */
function valuePart(parameter: string): string {
  const at = parameter.indexOf('=');
  return at === -1 ? '' : parameter.slice(at);
}

function nameOf(parameter: string): string | undefined {
  const at = parameter.indexOf('=');
  const name = at === -1 ? parameter : parameter.slice(0, at);
  if (!/[%+]/.test(name)) return name;
  // The `&` keeps a `?` in the name from being taken for the one in front of a query.
  const [read] = new URLSearchParams(`&${name}`).keys();
  return read;
}
