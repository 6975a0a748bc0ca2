import type { Attached, CheckedDocument, CheckedGroup, Level, PolicyMode } from '@postern/model';

/** One policy of a route's pipeline, in the place where it runs. */
export interface PlannedPolicy {
  readonly order: number;
  readonly policy: string;
  readonly plugin: string;
  /** The level whose list names it. */
  readonly level: Level;
  /** `gateway.yaml:41`: the line of that list entry. */
  readonly where: string;
  readonly mode: PolicyMode;
}

/** One route with the policies that run on it, in order. */
export interface PlannedRoute {
  readonly group: string;
  readonly route: string;
  readonly hosts: readonly string[];
  readonly listeners: readonly string[];
  /** Base path and pattern together. */
  readonly path: string;
  /** Empty: all. */
  readonly methods: readonly string[];
  /** Conditions on request headers that the route has beside path and method. */
  readonly headers: Readonly<Record<string, string>>;
  readonly upstream: string;
  readonly policies: readonly PlannedPolicy[];
}

/** Says for every route which policies run on it and in which order, in document order. Pure. */
export function planRoutes(document: CheckedDocument): readonly PlannedRoute[] {
  const toPolicies = planner(document);
  return document.groups.flatMap((group) => {
    const pipelines = group.pipelines.map(toPolicies);
    return group.routes.map((route) => ({
      group: group.name,
      route: route.name,
      hosts: group.hosts ?? [],
      listeners: group.listeners ?? [],
      path: joinPath(group, route.path),
      methods: route.methods ?? [],
      headers: Object.fromEntries(route.headers),
      upstream: group.upstream,
      policies: pipelines[route.pipeline] ?? [],
    }));
  });
}

/** The gateway's own list: what runs on a request that no group takes. Pure. */
export function planGateway(document: CheckedDocument): readonly PlannedPolicy[] {
  return planner(document)(document.gateway);
}

function planner(document: CheckedDocument): (list: readonly Attached[]) => readonly PlannedPolicy[] {
  const policies = new Map(document.policies.map((policy) => [policy.name, policy]));
  return (list) =>
    list.flatMap(({ policy: name, level, place, mode }, at) => {
      const policy = policies.get(name);
      if (policy === undefined) return [];
      const where = `${place.file}:${place.line}`;
      return [{ order: at + 1, policy: name, plugin: policy.plugin, level, where, mode }];
    });
}

function joinPath(group: CheckedGroup, pattern: string): string {
  return group.basePath === '/' ? pattern : `${group.basePath}${pattern}`;
}
