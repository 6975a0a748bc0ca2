import type { CheckedGroup, Target } from '@postern/model';
import type { Received } from './received.ts';

/** The request's path as the upstream gets it: base path taken off where the group says so, the target's path in front. */
export function upstreamPath(
  request: Received,
  group: CheckedGroup | undefined,
  target: Pick<Target, 'path'> | undefined,
): string {
  const strip = group?.stripBasePath === true && group.basePath !== '/';
  const path = strip ? request.path.slice(group.basePath.length) || '/' : request.path;
  return `${target?.path ?? ''}${path}${request.search}`;
}

/** What the upstream gets in `Host` unless the client's is preserved. */
export function hostHeader(target: Target): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const usual = target.scheme === 'https' ? 443 : 80;
  return target.port === usual || target.kind === 'unix' ? host : `${host}:${target.port}`;
}
