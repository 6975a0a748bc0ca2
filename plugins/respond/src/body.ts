import { compileTemplate, escapeHtml, escapeJson, problem, respond } from '@postern/kit';
import type { Escape, Finding, ReadTemplate } from '@postern/kit';
import type { Written } from './config.ts';
import { unsafePlaces } from './html.ts';
import { toJson } from './json.ts';
import type { Makers, Making } from './made.ts';
import { under } from './under.ts';

/** A fixed answer: a text, JSON, or nothing. */
export function toBody(config: Written, { context, headers }: Makers): Making {
  const { status = 200, body, json } = config;
  const [type, read] =
    json === undefined
      ? ['text/plain; charset=utf-8', body === undefined ? undefined : compileTemplate(body, context)]
      : ['application/json', toJson(json, context)];
  if (read?.kind === 'wrong') return { problems: json === undefined ? under(['body'], read.findings) : read.findings };
  const mediaType = headers.mediaType ?? (json === undefined ? 'text/plain' : 'application/json');
  const { escape, problems } = json === undefined && read !== undefined ? escapeFor(mediaType, read) : PLAIN;
  const own = read === undefined || headers.has('content-type') ? [] : ['content-type', type];
  // What a client sent must not be taken for a page, whatever it looks like.
  if (read?.constant === undefined && read !== undefined && !headers.has('x-content-type-options'))
    own.push('x-content-type-options', 'nosniff');
  const { constant } = headers;
  if (constant !== undefined && (read === undefined || read.constant !== undefined)) {
    const answer = respond({
      status,
      headers: [...own, ...constant],
      ...(read?.constant === undefined ? {} : { body: read.constant }),
    });
    return { problems, answer: () => answer };
  }
  return {
    problems,
    answer: (exchange) => {
      const lines = [...own, ...headers.lines(exchange)];
      if (read === undefined) return respond({ status, headers: lines });
      return respond({ status, headers: lines, body: read.valueOf(exchange, escape) });
    },
  };
}

interface Escaping {
  readonly escape?: Escape;
  readonly problems: readonly Finding[];
}

const PLAIN: Escaping = { problems: [] };

/** How values are written in a text of a media type, and what is wrong with where they stand. */
function escapeFor(mediaType: string, template: ReadTemplate): Escaping {
  if (template.constant !== undefined || mediaType === 'text/plain') return PLAIN;
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return { escape: escapeJson, problems: [] };
  if (mediaType === 'text/html' || mediaType === 'application/xhtml+xml' || /[/+]xml$/.test(mediaType)) {
    const problems = unsafePlaces(template).map(({ message, fix }) =>
      problem({ code: 'respond/value-place', path: ['body'], message, fix }),
    );
    return { escape: escapeHtml, problems };
  }
  const message = `a value of the request cannot be written safely into ${mediaType}`;
  const fix = 'use text/plain, text/html, an XML type or JSON, or take the expressions out';
  return { problems: [problem({ code: 'respond/value-place', path: ['body'], message, fix })] };
}
