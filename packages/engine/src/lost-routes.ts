import type { CheckedGroup, CheckedRoute, LostRoute } from '@postern/model';
import { RouteTaker } from './group-table.ts';
import { PathTree } from './path-tree.ts';
import type { Asked, Match, Router } from './router.ts';

/** How many are named at most. */
const MOST = 20;

/** Kinds of reasons, nearest last: how far the request got before the route lost it. */
const STAGES = ['listener', 'host', 'base path', 'path', 'method', 'header', 'nearer'] as const;

interface Lost {
  readonly stage: (typeof STAGES)[number];
  readonly why: string;
}

/**
 * Says of each route that did not take the request why not, the nearest first: those that it reached furthest, then in
 * document order. Pure, and beside the router: it looks at every route, which no request has the time for.
 */
export function lostRoutes(router: Router, asked: Asked, match: Match | undefined): readonly LostRoute[] {
  const taken = match?.kind === 'route' ? { group: match.table.group.name, route: match.route.name } : undefined;
  const lost: (LostRoute & { readonly stage: number })[] = [];
  for (const { group } of router.tables) {
    const outside = outsideGroup(group, asked);
    for (const route of group.routes) {
      if (taken?.group === group.name && taken.route === route.name) continue;
      const { stage, why } = outside ?? outsideRoute(group, route, asked);
      lost.push({
        group: group.name,
        route: route.name,
        reason: `${stage}: ${why}`,
        stage: STAGES.indexOf(stage),
      });
    }
  }
  return lost
    .toSorted((one, other) => other.stage - one.stage)
    .slice(0, MOST)
    .map(({ group, route, reason }) => ({ group, route, reason }));
}

function outsideGroup({ listeners, hosts, basePath }: CheckedGroup, asked: Asked): Lost | undefined {
  if (listeners !== undefined && !listeners.includes(asked.listener))
    return { stage: 'listener', why: `only on ${listeners.join(', ')}` };
  if (hosts !== undefined && !hosts.some((host) => takesHost(host, asked.hostname)))
    return { stage: 'host', why: `only for ${hosts.join(', ')}` };
  const inside = basePath === '/' || asked.path === basePath || asked.path.startsWith(`${basePath}/`);
  return inside ? undefined : { stage: 'base path', why: `only below ${basePath}` };
}

/** As the router reads it: `*.example.com` takes every name below. */
function takesHost(host: string, hostname: string): boolean {
  return host.startsWith('*.')
    ? hostname.length > host.length - 1 && hostname.endsWith(host.slice(1))
    : host === hostname;
}

/** Asks a tree of this one route, so that no second reading of patterns can differ from the router's. */
function outsideRoute({ basePath }: CheckedGroup, route: CheckedRoute, asked: Asked): Lost {
  const tree = new PathTree<CheckedRoute>();
  tree.insert(route.path, route);
  const taker = new RouteTaker();
  taker.begin(asked);
  const rest = basePath === '/' ? asked.path : asked.path.slice(basePath.length);
  if (tree.find(rest === '' ? '/' : rest, taker)) return { stage: 'nearer', why: 'a nearer route took it' };
  if (!taker.pathTaken) return { stage: 'path', why: `only ${basePath === '/' ? '' : basePath}${route.path}` };
  if (!taker.methodTaken) return { stage: 'method', why: `only ${(route.methods ?? []).join(', ')}` };
  const missing = route.headers.filter(([name, value]) => asked.headers?.get(name) !== value);
  return { stage: 'header', why: `only with ${missing.map(([name, value]) => `${name}: ${value}`).join(', ')}` };
}
