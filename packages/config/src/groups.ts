import type { CheckedGroup, CheckedUpstream, Listener, Path } from '@postern/model';
import type { Attachable } from './attach.ts';
import { attach } from './attach.ts';
import { checkHosts } from './hosts.ts';
import type { Inspection } from './inspection.ts';
import { has, isJudged, placeOf, placeholderPath, remark, shownAt } from './inspection.ts';
import type { Names } from './names.ts';
import { collectNames, lookUp } from './names.ts';
import { join, readSkip } from './join.ts';
import type { Joined } from './join.ts';
import { checkGroupOverlaps, checkRouteOverlaps } from './overlaps.ts';
import { parseBasePath } from './route-path.ts';
import { checkRoutes } from './routes.ts';
import type { GroupText } from './schema/document.ts';

/** What the groups of a document stand on. */
export interface Ground {
  readonly upstreams: Names<Pick<CheckedUpstream, 'name'>>;
  readonly listeners: Names<Pick<Listener, 'name'>>;
  readonly attachable: Attachable;
  /** The gateway's list. */
  readonly inherited: Joined;
}

/** Checks the API groups, each with its routes and pipelines. */
export function checkGroups(inspection: Inspection, texts: readonly GroupText[], ground: Ground): CheckedGroup[] {
  collectNames(inspection, { kind: 'API group', path: ['apiGroups'], things: texts });
  const groups = texts.map((text, position) =>
    checkGroup(inspection, text, { ...ground, path: ['apiGroups', position] }),
  );
  checkGroupOverlaps(inspection, groups);
  return groups;
}

function checkGroup(inspection: Inspection, text: GroupText, ground: Ground & { readonly path: Path }): CheckedGroup {
  const { path, attachable } = ground;
  lookUp(inspection, [...path, 'upstream'], { name: text.upstream, among: ground.upstreams });
  for (const [position, name] of (text.listeners ?? []).entries()) {
    lookUp(inspection, [...path, 'listeners', position], { name, among: ground.listeners });
  }
  const skipped = readSkip(
    inspection,
    { names: text.skip, path: [...path, 'skip'], inherited: ground.inherited.uses },
    attachable,
  );
  const list = attach(inspection, { entries: text.policies, level: 'group', path: [...path, 'policies'] }, attachable);
  const inherited = join(inspection, ground.inherited, { list, skipped });
  const { routes, pipelines } = checkRoutes(inspection, text, { path, inherited, attachable });
  if (text.routes !== undefined) checkRouteOverlaps(inspection, routes, [...path, 'routes']);
  const encodedSlash = text.encodedSlash ?? false;
  if (!encodedSlash) checkEncodedSlashes(inspection, { routes, path });
  return {
    name: text.name,
    labels: text.labels ?? {},
    hosts: text.hosts === undefined ? undefined : checkHosts(inspection, text.hosts, [...path, 'hosts']),
    listeners: text.listeners,
    basePath: checkBasePath(inspection, text.basePath ?? '/', [...path, 'basePath']),
    stripBasePath: text.stripBasePath ?? false,
    encodedSlash,
    preserveHost: text.preserveHost,
    upstream: text.upstream,
    routes,
    pipelines,
    place: placeOf(inspection, path),
  };
}

function checkBasePath(inspection: Inspection, basePath: string, path: Path): string {
  if (!has(inspection, path)) return '/';
  const fallback = placeholderPath(inspection, path);
  if (!isJudged(inspection, path)) return fallback;
  const parsed = parseBasePath(basePath);
  if (parsed.kind === 'wrong') {
    const { message, fix } = parsed;
    remark(inspection, path, { code: 'groups/base-path', message: `${shownAt(inspection, path)}: ${message}`, fix });
    return fallback;
  }
  if (parsed.warning !== undefined) {
    const { message, fix } = parsed.warning;
    remark(inspection, path, {
      severity: 'warning',
      code: 'groups/base-path-slash',
      message: `${shownAt(inspection, path)}: ${message}`,
      fix,
    });
  }
  return parsed.path;
}

function checkEncodedSlashes(
  inspection: Inspection,
  { routes, path }: { readonly routes: CheckedGroup['routes']; readonly path: Path },
): void {
  for (const [position, route] of routes.entries()) {
    if (!route.path.includes('%2F')) continue;
    const message = 'the path holds %2F, which this API group refuses: the route never gets a request';
    const fix = 'write encodedSlash: true on the API group, or / in the path';
    remark(inspection, [...path, 'routes', position, 'path'], {
      severity: 'warning',
      code: 'routes/encoded-slash',
      message,
      fix,
    });
  }
}
