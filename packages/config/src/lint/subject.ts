import type { Attached, CheckedDocument, CheckedRoute } from '@postern/model';
import type { LintSubject, LintedPipeline, LintedUse, Linted } from './rule.ts';

/** Joins every pipeline with what the plugins say of its policies; each plugin is asked once a policy. Pure. */
export function toSubject({ document, plugins, handlers }: Linted): LintSubject {
  const known = new Map<string, Omit<LintedUse, 'attached'>>();
  for (const policy of document.policies) {
    const plugin = plugins.get(policy.plugin);
    known.set(policy.name, {
      policy,
      traits: new Set([
        ...(plugin?.traits?.(policy.config) ?? []),
        ...(plugin?.preflight === true ? (['preflight'] as const) : []),
      ]),
      writes: plugin?.writes?.(policy.config) ?? {},
      handlers: handlers.get(policy.name),
    });
  }
  const usesOf = (list: readonly Attached[]): readonly LintedUse[] =>
    list.flatMap((attached) => {
      const facts = known.get(attached.policy);
      return facts === undefined || attached.mode !== 'enforce' ? [] : [{ ...facts, attached }];
    });
  return { document, pipelines: pipelinesOf(document, usesOf) };
}

function pipelinesOf(
  document: CheckedDocument,
  usesOf: (list: readonly Attached[]) => readonly LintedUse[],
): readonly LintedPipeline[] {
  const gateway = { uses: usesOf(document.gateway), group: undefined, routes: [] };
  const groups = document.groups.flatMap((group) => {
    const routes: CheckedRoute[][] = group.pipelines.map(() => []);
    for (const route of group.routes) routes[route.pipeline]?.push(route);
    // The first list is the group's own: it runs on the group's 404 and 405 too, so its routes do not bound what it sees.
    return group.pipelines.map((list, at) => ({
      uses: usesOf(list),
      group,
      routes: at === 0 ? [] : (routes[at] ?? []),
    }));
  });
  return [gateway, ...groups];
}
