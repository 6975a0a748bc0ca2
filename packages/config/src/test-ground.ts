import type { Attached, CheckedConsumer, CheckedGroup, CheckedPolicy, Listener } from '@postern/model';
import type { Names } from './names.ts';

/** What the tests of a document stand on: made once, and only where there are tests. */
export interface TestGround {
  readonly policies: Names<CheckedPolicy>;
  readonly listeners: readonly Listener[];
  readonly listenerNames: Names<Listener>;
  /** By `group/route`. */
  readonly routes: Names<CheckedGroup>;
  readonly firstGroup: CheckedGroup | undefined;
  /** The first group that a policy runs on, by its name. */
  readonly groupOf: ReadonlyMap<string, CheckedGroup>;
  /** In which modes a policy runs anywhere; one that is off or attached nowhere runs in none. */
  readonly modesOf: ReadonlyMap<string, ReadonlySet<Attached['mode']>>;
}

/** Looks through all lists of a document for which policy runs where. Pure. */
export function testGround(checked: {
  readonly policies: Names<CheckedPolicy>;
  readonly listeners: readonly Listener[];
  readonly gateway: readonly Attached[];
  readonly groups: readonly CheckedGroup[];
  readonly consumers: readonly CheckedConsumer[];
}): TestGround {
  const { policies, listeners, gateway, groups, consumers } = checked;
  const groupOf = new Map<string, CheckedGroup>();
  const modesOf = new Map<string, Set<Attached['mode']>>();
  const note = ({ policy, mode }: Attached): void => {
    const modes = modesOf.get(policy);
    if (modes === undefined) modesOf.set(policy, new Set([mode]));
    else modes.add(mode);
  };
  gateway.forEach(note);
  for (const { pipeline } of consumers) pipeline.forEach(note);
  for (const group of groups) {
    for (const attached of group.pipelines.flat()) {
      note(attached);
      if (!groupOf.has(attached.policy)) groupOf.set(attached.policy, group);
    }
  }
  const routes = new Map(
    groups.flatMap((group) => group.routes.map(({ name }): [string, CheckedGroup] => [`${group.name}/${name}`, group])),
  );
  const byName = new Map(listeners.map((listener) => [listener.name, listener]));
  return {
    policies,
    listeners,
    listenerNames: { kind: 'listener', byName, shown: [...byName.keys()] },
    routes: { kind: 'route', byName: routes, shown: [...routes.keys()] },
    firstGroup: groups[0],
    groupOf,
    modesOf,
  };
}
