import type { Flight } from './flight.ts';

/** The request's path as the upstream gets it: base path taken off where the group says so, the target's path in front. */
export function upstreamPath({ match, request, target }: Flight): string {
  const group = match?.kind === 'route' ? match.table.group : undefined;
  const strip = group?.stripBasePath === true && group.basePath !== '/';
  const path = strip ? request.path.slice(group.basePath.length) || '/' : request.path;
  return `${target?.path ?? ''}${path}${request.search}`;
}
