import { compileTemplate, problem, respond, toPathPart, toQueryPart } from '@postern/kit';
import type { Exchange, Finding, ReadTemplate } from '@postern/kit';
import type { WrittenRedirect } from './config.ts';
import type { Makers, Making } from './made.ts';
import { under } from './under.ts';

/** A redirect to a place of the config's, or of the request's own host over https. */
export function toRedirect(written: WrittenRedirect, { context, headers }: Makers): Making {
  const { location, scheme, status = 302, keepQuery = false } = written;
  const problems = [...contradictions(written)];
  if (scheme !== undefined) {
    const port = written.port === undefined ? '' : `:${written.port}`;
    return {
      problems,
      answer: (exchange) => {
        const { request } = exchange;
        if (request.scheme === scheme) return undefined;
        const to = `https://${request.host.replace(/:\d*$/, '')}${port}${request.path}${behind('', request.query)}`;
        return respond({ status, headers: ['location', to, ...headers.lines(exchange)] });
      },
    };
  }
  if (location === undefined) return { problems };
  const read = compileTemplate(location, context);
  if (read.kind === 'wrong') return { problems: [...problems, ...under(['redirect', 'location'], read.findings)] };
  const wrong = placeProblem(read);
  if (wrong !== undefined) problems.push(problem({ ...wrong, path: ['redirect', 'location'] }));
  const toLocation = locationOf(read);
  if (read.constant !== undefined && !keepQuery && headers.constant !== undefined) {
    const answer = respond({ status, headers: ['location', read.constant, ...headers.constant] });
    return { problems, answer: () => answer };
  }
  return {
    problems,
    answer: (exchange) => {
      const to = toLocation(exchange);
      const whole = keepQuery ? `${to}${behind(to, exchange.request.query)}` : to;
      return respond({ status, headers: ['location', whole, ...headers.lines(exchange)] });
    },
  };
}

function behind(location: string, query: string): string {
  if (query === '') return '';
  return location.includes('?') ? `&${query}` : `?${query}`;
}

/** Writes values as where they stand wants it: in the path, or behind `?` or `#`. */
function locationOf({ parts }: ReadTemplate): (exchange: Exchange) => string {
  return (exchange) => {
    let made = '';
    for (const part of parts) {
      if (part.kind === 'literal') made += part.text;
      else {
        const escape = /[?#]/.test(made) ? toQueryPart : toPathPart;
        made += escape(part.valueOf(exchange), part.expression);
      }
    }
    // Values may be empty, or begin with a slash: two of them would make a host of what follows (RFC 3986 section 4.2).
    return made.startsWith('//') ? made.replace(/^\/+/, '/') : made;
  };
}

function* contradictions({ location, scheme, port, keepQuery }: WrittenRedirect): Generator<Finding> {
  const at = (key: string, message: string, fix: string): Finding =>
    problem({ code: 'respond/redirect', path: ['redirect', key], message, fix });
  if (location === undefined && scheme === undefined) {
    const message = 'the redirect leads nowhere';
    yield problem({ code: 'respond/redirect', path: ['redirect'], message, fix: 'write location, or scheme: https' });
  }
  if (location !== undefined && scheme !== undefined)
    yield at('scheme', 'location and scheme are two places to go to', 'keep one of them');
  if (port !== undefined && scheme === undefined)
    yield at('port', 'port belongs to scheme', 'write the port into location');
  if (keepQuery !== undefined && scheme !== undefined)
    yield at('keepQuery', 'scheme always keeps the query', 'take keepQuery out');
  if (keepQuery === true && location?.includes('#') === true)
    yield at('keepQuery', 'a query cannot be added behind a fragment', 'take the fragment or keepQuery out');
}

/** A host may be a name, an IPv4 or an IPv6 address; user information is what phishing is made of. */
const AUTHORITY = /^https?:\/\/(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/i;
const URL_CHARACTERS = /^[\w\-.~%!$&'()*+,;=:@/?#[\]]*$/;

/** Why a location could be made to lead elsewhere than its author means; undefined where it cannot. Pure. */
function placeProblem({ parts }: ReadTemplate): Omit<Finding, 'severity' | 'path'> | undefined {
  const [first, second] = parts;
  if (first === undefined)
    return { code: 'respond/redirect', message: 'the location is empty', fix: 'write a URL or a path' };
  for (const part of parts) {
    if (part.kind === 'literal' && !(URL_CHARACTERS.test(part.text) && !/%(?![0-9a-f]{2})/i.test(part.text)))
      return {
        code: 'respond/redirect',
        message: 'the location has a character that no URL has',
        fix: 'percent-encode it',
      };
  }
  if (first.kind === 'value') return first.expression === 'request.path' ? undefined : openRedirect(first.expression);
  const { text } = first;
  if (text.startsWith('/') && !text.startsWith('//')) return undefined;
  const authority = AUTHORITY.exec(text);
  if (second?.kind === 'value' && /^https?:\/\/[^/?#]*$/i.test(text) && authority === null)
    return openRedirect(second.expression);
  if (authority === null)
    return {
      code: 'respond/redirect',
      message: 'the location is neither a URL with http or https and a host, nor a path that begins with one slash',
      fix: 'write https://host/path or /path',
    };
  const ends = authority[0].length < text.length || second === undefined;
  if (ends || (second.kind === 'value' && second.expression === 'request.path')) return undefined;
  return openRedirect(second.kind === 'value' ? second.expression : '');
}

function openRedirect(expression: string): Omit<Finding, 'severity' | 'path'> {
  return {
    code: 'respond/open-redirect',
    message: `{{ ${expression} }} stands where scheme and host do: whoever sends the request could choose the place`,
    fix: 'write scheme and host out, with a slash behind them; values may stand in path and query',
  };
}
