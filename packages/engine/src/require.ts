import type { Attached, CheckedDocument, CheckedGroup, CheckedRoute, Issue, Requirement } from '@postern/model';
import { refuses } from '@postern/model';
import type { Instance } from './pipeline.ts';
import { gapOf, whatRuns } from './require-gap.ts';
import type { Facts, Gap } from './require-gap.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Holds a compiled document against its invariants and those of the server section that holds. Pure. One issue for each
 * list of policies that breaks one, at the group or route whose list it is; a warning where an invariant is about no group.
 */
export function requireIssues(
  document: CheckedDocument,
  snapshot: Snapshot,
  server: readonly Requirement[],
): readonly Issue[] {
  const requirements = [...server, ...document.require];
  if (requirements.length === 0) return [];
  const policies = new Map(document.policies.map((policy) => [policy.name, policy]));
  const facts = { document, policies, instances: instancesOf(snapshot) };
  const issues = requirements.flatMap((requirement) => issuesOf(requirement, facts));
  // Documents come from outside: what is wrong a thousand times is said often enough.
  return refuses(issues) ? issues.slice(0, MAX_ISSUES) : issues;
}

const MAX_ISSUES = 1000;

function instancesOf({ router, gateway }: Snapshot): ReadonlyMap<string, Instance> {
  const pipelines = new Set([gateway, ...router.tables.flatMap((table) => table.pipelines)]);
  const instances = new Map<string, Instance>();
  for (const { attachments } of pipelines)
    for (const { instance } of attachments) instances.set(instance.policy.name, instance);
  return instances;
}

function issuesOf(requirement: Requirement, facts: Facts): readonly Issue[] {
  const labels = Object.entries(requirement.groups ?? {});
  const groups = facts.document.groups.filter((group) =>
    labels.every(([label, value]) => group.labels[label] === value),
  );
  if (groups.length === 0 && labels.length > 0) return [selectsNothing(requirement)];
  return groups.flatMap((group) => issuesOfGroup(requirement, group, facts));
}

/** Each list is judged once, however many routes run it. */
function issuesOfGroup(requirement: Requirement, group: CheckedGroup, facts: Facts): readonly Issue[] {
  const position = facts.document.groups.indexOf(group);
  return group.pipelines.flatMap((list, index) => {
    const routes = group.routes.filter((route) => route.pipeline === index);
    // Without a route the group's list runs only before its 404 and 405: nothing of the upstream's is behind it.
    if (routes.length === 0 && requirement.kind !== 'none') return [];
    const [route] = routes;
    const at = { group, position, list, index, route, more: Math.max(0, routes.length - 1) };
    return gapsOf(requirement, list, facts).map((gap) => toIssue(requirement, at, gap));
  });
}

function gapsOf(requirement: Requirement, list: readonly Attached[], facts: Facts): readonly Gap[] {
  const { kind, plugins } = requirement;
  if (kind === 'none') return whatRuns(plugins, list, facts);
  const gap = (among: readonly string[]): Gap | undefined => gapOf(among, list, facts);
  return (kind === 'any' ? [gap(plugins)] : plugins.map((plugin) => gap([plugin]))).filter((one) => one !== undefined);
}

interface ListAt {
  readonly group: CheckedGroup;
  readonly position: number;
  readonly list: readonly Attached[];
  /** 0: the group's own list. */
  readonly index: number;
  /** The first route that runs it. */
  readonly route: CheckedRoute | undefined;
  /** How many other routes run it. */
  readonly more: number;
}

function toIssue(requirement: Requirement, at: ListAt, gap: Gap): Issue {
  const { group, position, list, index, route, more } = at;
  const own = index === 0 || route === undefined ? group : route;
  const level = own === group ? 'group' : 'route';
  const { file, line, column } = list.find((attached) => attached.level === level)?.place ?? own.place;
  const path = `apiGroups.${group.name}${route === undefined ? '' : `.routes.${route.name}`}`;
  const others = more === 0 ? '' : ` (and ${more} more)`;
  const which = `${requirement.title} (${requirement.place.file}:${requirement.place.line})`;
  const said =
    gap.kind === 'runs'
      ? `${gap.message}, which ${which} forbids`
      : `${gap.message}, which ${which} demands; the ${level}'s list (line ${line}) lacks one${gap.why}`;
  const routeAt = group.routes.findIndex((one) => one === route);
  return {
    severity: 'error',
    code: gap.kind === 'runs' ? 'require/forbidden' : 'require/not-guarded',
    message: `${path}${others}: ${said}`,
    file,
    line,
    column,
    pointer: `/apiGroups/${position}${level === 'group' ? '' : `/routes/${routeAt}`}`,
    fix: gap.fix,
  };
}

function selectsNothing({ title, place, pointer }: Requirement): Issue {
  return {
    severity: 'warning',
    code: 'require/selects-nothing',
    message: `${title}: no API group has these labels: it holds for nothing`,
    ...place,
    pointer: `${pointer}/groups`,
    fix: 'give an API group these labels, or name others',
  };
}
