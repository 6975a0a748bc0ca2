import type { Rewrite, Target } from '@postern/model';
import type { RunningExchange } from './exchange.ts';
import { canonicalTarget } from './target.ts';

/** What an upstream is asked for, but for the path of its target. */
export interface AskedTarget {
  readonly path: string;
  /** `?` and the query, or nothing. */
  readonly search: string;
}

/** The request's path as upstreams get it: as policies wrote it, or the client's without the base path where the group strips it. */
export function askedTarget(exchange: RunningExchange): AskedTarget {
  return exchange.rewritten ?? { path: ownPath(exchange), search: exchange.request.search };
}

/** Apart, so that a request that nobody rewrites makes no object. */
function ownPath({ request, match }: RunningExchange): string {
  const group = match?.table?.group;
  const strip = group?.stripBasePath === true && group.basePath !== '/';
  return strip ? request.path.slice(group.basePath.length) || '/' : request.path;
}

/** The same as one target of an upstream gets it, with the query. */
export function upstreamPath(exchange: RunningExchange, target: Pick<Target, 'path'> | undefined): string {
  const { rewritten, request } = exchange;
  return `${target?.path ?? ''}${rewritten?.path ?? ownPath(exchange)}${(rewritten ?? request).search}`;
}

/** Reads what a policy wrote as the gate reads what a client sends; undefined where it would not let it in. Pure. */
export function rewrittenTarget(exchange: RunningExchange, to: Rewrite): AskedTarget | undefined {
  const asked = askedTarget(exchange);
  const path = to.path ?? asked.path;
  if (path.includes('?')) return undefined;
  const search = to.query === undefined ? asked.search : to.query === '' ? '' : `?${to.query}`;
  const target = canonicalTarget(`${path}${search}`);
  if (target.kind === 'ambiguous') return undefined;
  if (target.encodedSlash && exchange.match?.table?.group.encodedSlash !== true) return undefined;
  return { path: target.path, search };
}

/** What the upstream gets in `Host` unless the client's is preserved. */
export function hostHeader(target: Target): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const usual = target.scheme === 'https' ? 443 : 80;
  return target.port === usual || target.kind === 'unix' ? host : `${host}:${target.port}`;
}
