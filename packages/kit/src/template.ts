import type { CompileContext, Exchange, Finding, ReadExpression } from '@postern/model';
import { problem } from './plugin.ts';

/** Characters of one template: a page fits, a mistake such as a whole file of data does not. */
const MAX_TEXT = 256 * 1024;
/** Expressions of one template: each costs at most what a condition may. */
const MAX_VALUES = 64;

/** Makes the value of an expression fit where it stands: `escapeHtml`, `toPathPart`, ... */
export type Escape = (value: string, expression: string) => string;

/** A piece of a template: literal text, or a value that each exchange has of its own. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: string; valueOf(exchange: Exchange): string };

/** A template ready to run. */
export interface ReadTemplate {
  readonly kind: 'read';
  /** In order; two literals never stand side by side. */
  readonly parts: readonly TemplatePart[];
  /** The whole text where no expression stands in it: made once, it needs no exchange. */
  readonly constant: string | undefined;
  /**
   * The text for an exchange. `escape` is applied to what expressions give, never to literals. Never throws: where an expression
   * has no answer (`int()` of a text that is no number) the empty text stands.
   */
  valueOf(exchange: Exchange, escape?: Escape): string;
}

/** A template, or everything that is wrong with it: findings with an empty path, for `compile` to put its own in front. */
export type Template = ReadTemplate | { readonly kind: 'wrong'; readonly findings: readonly Finding[] };

/**
 * Reads a text in which `{{ expression }}` stands for what a CEL expression gives: `{{ params.id }}`,
 * `{{ request.headers['x-a'] }}`, `{{ claims.sub }}`. What is not there reads as the empty text. `{{ '{{' }}` is a literal `{{`.
 *
 * @example
 * const template = compileTemplate('/users/{{ params.id }}', context);
 * if (template.kind === 'wrong') return template.findings.map((finding) => ({ ...finding, path: ['path'] }));
 * template.valueOf(exchange, toPathPart); // '/users/42'
 */
export function compileTemplate(text: string, context: Pick<CompileContext, 'text'>): Template {
  if (text.length > MAX_TEXT) {
    const message = `the template has ${text.length} characters, ${MAX_TEXT} are the most`;
    return wrong('template/too-large', message, 'serve large pages from an upstream');
  }
  const parts: TemplatePart[] = [];
  const findings: Finding[] = [];
  let values = 0;
  let wrongs = 0;
  let from = 0;
  for (;;) {
    const open = text.indexOf('{{', from);
    if (open < 0) break;
    const close = endOfExpression(text, open + 2);
    if (close === undefined) {
      const message = `{{ at character ${open + 1} has no }} behind it`;
      return wrong('template/unclosed', message, "close it with }}, or write {{ '{{' }} for two literal braces");
    }
    if (open > from) parts.push({ kind: 'literal', text: text.slice(from, open) });
    const expression = text.slice(open + 2, close).trim();
    from = close + 2;
    values += 1;
    if (expression === '') {
      findings.push(...wrong('template/empty', `{{ }} at character ${open + 1} is empty`, NAME_SOMETHING).findings);
      continue;
    }
    const read = context.text(expression);
    if (read.kind === 'wrong') {
      wrongs += 1;
      findings.push(...read.findings);
    } else parts.push({ kind: 'value', expression, valueOf: orEmpty(read) });
  }
  if (values > MAX_VALUES) {
    const message = `the template has ${values} expressions, ${MAX_VALUES} are the most`;
    return wrong('template/too-large', message, 'take some out, or let an upstream answer');
  }
  if (wrongs + findings.length > 0) return { kind: 'wrong', findings };
  if (from < text.length) parts.push({ kind: 'literal', text: text.slice(from) });
  return toTemplate(parts);
}

const NAME_SOMETHING = 'name something: {{ request.path }}, {{ params.id }}, {{ claims.sub }}';

function toTemplate(parts: readonly TemplatePart[]): ReadTemplate {
  const constant = parts.some(({ kind }) => kind === 'value')
    ? undefined
    : parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
  return {
    kind: 'read',
    parts,
    constant,
    valueOf(exchange, escape): string {
      if (constant !== undefined) return constant;
      let made = '';
      for (const part of parts) {
        if (part.kind === 'literal') made += part.text;
        else made += escape === undefined ? part.valueOf(exchange) : escape(part.valueOf(exchange), part.expression);
      }
      return made;
    },
  };
}

/** What a client sends can make an expression have no answer; that must not break the policy. */
function orEmpty(read: Extract<ReadExpression<string>, { kind: 'read' }>): (exchange: Exchange) => string {
  return (exchange) => {
    try {
      return read.valueOf(exchange);
    } catch {
      return '';
    }
  };
}

/** Where the `}}` of an expression stands: braces inside a text in quotes are the text's. Undefined without one. */
function endOfExpression(text: string, from: number): number | undefined {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '}' && text.charAt(at + 1) === '}') return at;
  }
  return undefined;
}

function wrong(
  code: string,
  message: string,
  fix: string,
): { readonly kind: 'wrong'; readonly findings: readonly Finding[] } {
  return { kind: 'wrong', findings: [problem({ code, path: [], message, fix })] };
}
