import type { CheckedGroup, CheckedRoute } from '@postern/model';
import type { LintRule } from './rule.ts';

/** Groups by host and base path; overlaps of both are refused, so few share a key. */
type ByPlace = ReadonlyMap<string, readonly CheckedGroup[]>;

/** A group with a longer base path comes first: what it takes whole never gets to a route of another group. */
export const routeBehindGroup: LintRule = {
  code: 'lint/route-behind-group',
  summary: 'Another API group takes every request of the route.',
  *check({ document }) {
    const takers = takersOf(document.groups);
    for (const [position, group] of document.groups.entries()) {
      for (const [at, route] of group.routes.entries()) {
        const taker = takerOf(group, route, takers);
        if (taker === undefined) continue;
        const message = `the API group "${taker.name}" (line ${taker.place.line}) takes everything under ${taker.basePath} on these hosts: this route never gets a request`;
        const fix = `remove the route, or move it into "${taker.name}"`;
        yield { place: route.place, pointer: `/apiGroups/${position}/routes/${at}`, message, fix };
      }
    }
  },
};

/** Groups that let nothing under their base path through to another. */
function takersOf(groups: readonly CheckedGroup[]): ByPlace {
  const takers = new Map<string, CheckedGroup[]>();
  for (const group of groups) {
    if (!group.routes.some((route) => route.path === '/*' && route.methods === undefined && route.headers.length === 0))
      continue;
    for (const host of group.hosts ?? ['']) {
      const key = `${host} ${group.basePath}`;
      const known = takers.get(key);
      if (known === undefined) takers.set(key, [group]);
      else known.push(group);
    }
  }
  return takers;
}

/** The group that takes all requests of a route on every host and listener of its own group. */
function takerOf(group: CheckedGroup, route: CheckedRoute, takers: ByPlace): CheckedGroup | undefined {
  const base = group.basePath === '/' ? '' : group.basePath;
  const literal = /^[^{*]*/.exec(route.path)?.[0] ?? '';
  const whole = `${base}${literal}`;
  for (let end = whole.length; end > base.length; end = whole.lastIndexOf('/', end - 1)) {
    // `/shop/{id}` has the literal part `/shop/`, and only whole segments count.
    if (end === whole.length && literal !== route.path && !literal.endsWith('/')) continue;
    const prefix = whole.slice(0, end).replace(/\/$/, '');
    if (prefix.length <= base.length) return undefined;
    const taker = everywhere(group, prefix, takers);
    if (taker !== undefined) return taker;
  }
  return undefined;
}

function everywhere(group: CheckedGroup, prefix: string, takers: ByPlace): CheckedGroup | undefined {
  let found: CheckedGroup | undefined;
  for (const host of group.hosts ?? ['']) {
    const taker = takers.get(`${host} ${prefix}`)?.find((other) => other !== group && coversListeners(other, group));
    if (taker === undefined) return undefined;
    found ??= taker;
  }
  return found;
}

function coversListeners(taker: CheckedGroup, group: CheckedGroup): boolean {
  if (taker.listeners === undefined) return true;
  return group.listeners !== undefined && group.listeners.every((name) => taker.listeners?.includes(name));
}
