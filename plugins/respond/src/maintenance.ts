import { compileTemplate, escapeHtml, escapeJson, problem, respond } from '@postern/kit';
import type { Exchange, Finding, ReadTemplate } from '@postern/kit';
import { prefersHtml } from './accept.ts';
import type { WrittenMaintenance } from './config.ts';
import { unsafePlaces } from './html.ts';
import type { Makers, Making } from './made.ts';
import { under } from './under.ts';

/** In the answer, for programs: it is no refusal, but reads like one. */
const CODE = 'respond/maintenance';

const MESSAGE = 'The service is down for maintenance.';

/** 503 for everybody: a page for those that ask for HTML, problem details (RFC 9457) for all others. */
export function toMaintenance(written: WrittenMaintenance, { context, headers }: Makers): Making {
  const { retryAfter = 60 } = written;
  const message = compileTemplate(written.message ?? MESSAGE, context);
  const page = written.page === undefined ? undefined : compileTemplate(written.page, context);
  const problems: Finding[] = [];
  if (message.kind === 'wrong') problems.push(...under(['maintenance', 'message'], message.findings));
  if (page?.kind === 'wrong') problems.push(...under(['maintenance', 'page'], page.findings));
  if (page?.kind === 'read') {
    for (const found of unsafePlaces(page))
      problems.push(problem({ code: 'respond/value-place', path: ['maintenance', 'page'], ...found }));
  }
  for (const name of ['content-type', 'retry-after', 'vary', 'cache-control']) {
    if (!headers.has(name)) continue;
    const finding = { message: `a maintenance page writes ${name} itself`, fix: 'take it out' };
    problems.push(problem({ code: 'respond/header', path: ['headers'], ...finding }));
  }
  if (message.kind === 'wrong' || page?.kind === 'wrong') return { problems };
  const problemOf = problemBody(message, context.policy);
  const pageOf = page === undefined ? ownPage(message) : (exchange: Exchange) => page.valueOf(exchange, escapeHtml);
  const common = ['retry-after', String(retryAfter), 'cache-control', 'no-store', 'vary', 'Accept'];
  return {
    problems,
    answer(exchange) {
      const html = prefersHtml(exchange.request.headers.get('accept'));
      const type = html ? 'text/html; charset=utf-8' : 'application/problem+json';
      const body = html ? pageOf(exchange) : problemOf(exchange);
      return respond({
        status: 503,
        headers: ['content-type', type, ...common, ...headers.lines(exchange)],
        body,
      });
    },
  };
}

function problemBody(message: ReadTemplate, policy: string): (exchange: Exchange) => string {
  const head = '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"';
  const tail = `","code":"${CODE}","policy":${JSON.stringify(policy)}`;
  if (message.constant !== undefined) {
    const whole = `${head}${escapeJson(message.constant)}${tail}}`;
    return () => whole;
  }
  return (exchange) => {
    let detail = '';
    for (const part of message.parts)
      detail += escapeJson(part.kind === 'literal' ? part.text : part.valueOf(exchange));
    return `${head}${detail}${tail}}`;
  };
}

function ownPage(message: ReadTemplate): (exchange: Exchange) => string {
  return (exchange) => {
    let text = '';
    for (const part of message.parts) text += escapeHtml(part.kind === 'literal' ? part.text : part.valueOf(exchange));
    return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Maintenance</title>
<h1>Back soon</h1>
<p>${text}</p>
</html>
`;
  };
}
