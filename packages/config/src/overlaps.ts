import type { CheckedGroup, CheckedRoute, Path } from '@postern/model';
import type { Inspection } from './inspection.ts';
import { placeOf, remark } from './inspection.ts';
import { choices, quoted } from './quote.ts';

// The first ones are enough to name one: thousands of equals must not cost their square.
const MAX_COMPARED = 16;

/** The same host and base path twice, on a common listener, is a coin toss nobody should rely on. */
export function checkGroupOverlaps(inspection: Inspection, groups: readonly CheckedGroup[]): void {
  const taken = new Map<string, number[]>();
  for (const [position, group] of groups.entries()) {
    if (group.name === '') continue; // the schema has spoken: it is no group yet
    const named = new Set<number>();
    for (const [at, host] of (group.hosts ?? [undefined]).entries()) {
      const key = `${host ?? ''} ${group.basePath}`;
      const before = taken.get(key) ?? [];
      taken.set(key, before);
      const first = before.slice(0, MAX_COMPARED).find((other) => sharesListener(groups[other], group));
      before.push(position);
      if (first === undefined || first === position || named.has(first)) continue;
      named.add(first);
      const path = host === undefined ? ['apiGroups', position] : ['apiGroups', position, 'hosts', at];
      const { line } = placeOf(inspection, ['apiGroups', first]);
      const where = host === undefined ? 'any host' : quoted(host);
      const message = `${where} with the base path ${group.basePath} is taken by the API group ${quoted(groups[first]?.name ?? '')} (line ${line}) already, not only by ${quoted(group.name)}`;
      const fix = 'give one of the two another host, base path or listener, or join them';
      remark(inspection, path, { code: 'groups/same-host-and-path', message, fix });
    }
  }
}

function sharesListener(one: CheckedGroup | undefined, other: CheckedGroup): boolean {
  if (one?.listeners === undefined || other.listeners === undefined) return one !== undefined;
  return one.listeners.some((name) => other.listeners?.includes(name) === true);
}

/** A route that asks for what an earlier one takes never gets it. */
export function checkRouteOverlaps(inspection: Inspection, routes: readonly CheckedRoute[], path: Path): void {
  const firsts = new Map<string, CheckedRoute>();
  const equals = new Map<CheckedRoute, CheckedRoute[]>();
  for (const [position, route] of routes.entries()) {
    const key = keyOf(route);
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, route);
      continue;
    }
    const before = equals.get(first) ?? [first];
    equals.set(first, before);
    for (const other of before.slice(0, MAX_COMPARED)) {
      const common = commonMethods(other, route);
      if (common === undefined) continue;
      const message = `route ${quoted(other.name)} on line ${other.place.line} takes ${common} on this path first: this route never gets ${common === 'every method' ? 'a request' : 'them'}`;
      const fix = 'give one of the two another path, other methods or other header conditions';
      remark(inspection, [...path, position], { severity: 'warning', code: 'routes/never-matches', message, fix });
      break;
    }
    before.push(route);
  }
}

/** Parameter names do not tell two paths apart. */
function keyOf({ path, headers }: CheckedRoute): string {
  const shape = path.includes('{') ? path.replace(/\{[^/]*\}/g, '{}') : path;
  return `${shape} ${headers.length === 0 ? '' : JSON.stringify(headers.toSorted(([one], [other]) => (one < other ? -1 : 1)))}`;
}

function commonMethods(one: CheckedRoute, other: CheckedRoute): string | undefined {
  if (one.methods === undefined) return other.methods === undefined ? 'every method' : choices(other.methods);
  // A later route that takes all still gets the methods that the first does not take: that is how a fallback is written.
  const common = one.methods.filter((method) => other.methods?.includes(method) === true);
  return common.length === 0 ? undefined : choices(common);
}
