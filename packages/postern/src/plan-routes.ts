import type { Absent, Attached, CheckedDocument, CheckedGroup, Labels, Level, Place, PolicyMode } from '@postern/model';

/** One condition of a policy on a route. */
interface PlannedCondition {
  readonly text: string;
  /** True: names and labels say that it holds for every request here. */
  readonly always: boolean;
}

/** One policy of a route's pipeline, in the place where it runs. */
export interface PlannedPolicy {
  readonly order: number;
  readonly policy: string;
  readonly plugin: string;
  /** The level whose list names it. */
  readonly level: Level;
  /** `gateway.yaml:41`: the line of that list entry. */
  readonly where: string;
  /** `gateway.yaml:12`: the line of the policy itself. */
  readonly defined: string;
  readonly labels: Labels;
  readonly mode: PolicyMode;
  readonly locked: boolean;
  /** All of them must hold for the policy to run. */
  readonly when: readonly PlannedCondition[];
}

/** A policy that a list names or hands down, and that does not run. */
export interface PlannedAbsence {
  readonly policy: string;
  readonly level: Level;
  /** The line of the list entry. */
  readonly where: string;
  readonly reason: Absent['reason'];
  /** What keeps it out, as `web-cors at gateway.yaml:12`; null where its own entry does. */
  readonly by: string | null;
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
  readonly absent: readonly PlannedAbsence[];
}

/** Says for every route which policies run on it, in which order, and which do not, in document order. Pure. */
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
      absent: route.absent.map(toAbsence),
    }));
  });
}

/** The gateway's own list: what runs on a request that no group takes. Pure. */
export function planGateway(document: CheckedDocument): Pick<PlannedRoute, 'policies' | 'absent'> {
  return { policies: planner(document)(document.gateway), absent: document.gatewayAbsent.map(toAbsence) };
}

/** What a consumer brings along: right behind the policy that identified it, whatever the route. */
export interface PlannedConsumer extends Pick<PlannedRoute, 'policies' | 'absent'> {
  readonly consumer: string;
}

/** The lists of the consumers that have one, in document order. Pure. */
export function planConsumers(document: CheckedDocument): readonly PlannedConsumer[] {
  const toPolicies = planner(document);
  return document.consumers
    .filter(({ pipeline, absent }) => pipeline.length + absent.length > 0)
    .map(({ name, pipeline, absent }) => ({
      consumer: name,
      policies: toPolicies(pipeline),
      absent: absent.map(toAbsence),
    }));
}

function planner(document: CheckedDocument): (list: readonly Attached[]) => readonly PlannedPolicy[] {
  const policies = new Map(document.policies.map((policy) => [policy.name, policy]));
  return (list) =>
    list.flatMap(({ policy: name, level, place, mode, when, always }, at) => {
      const policy = policies.get(name);
      if (policy === undefined) return [];
      const { plugin, labels, locked } = policy;
      const conditions = [
        ...when.map(({ text }) => ({ text, always: false })),
        ...always.map(({ text }) => ({ text, always: true })),
      ];
      return [
        {
          order: at + 1,
          policy: name,
          plugin,
          level,
          where: lineOf(place),
          defined: lineOf(policy.place),
          labels,
          mode,
          locked,
          when: conditions,
        },
      ];
    });
}

function toAbsence({ policy, level, place, reason, by }: Absent): PlannedAbsence {
  const named = by?.policy === undefined ? '' : `${by.policy} at `;
  return { policy, level, where: lineOf(place), reason, by: by === undefined ? null : `${named}${lineOf(by.place)}` };
}

function lineOf({ file, line }: Place): string {
  return `${file}:${line}`;
}

function joinPath(group: CheckedGroup, pattern: string): string {
  return group.basePath === '/' ? pattern : `${group.basePath}${pattern}`;
}
