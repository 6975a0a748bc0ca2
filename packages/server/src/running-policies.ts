import type { CheckedDocument, RunningPolicy } from '@postern/model';

/** What the status says of the policies of a document. Linear in the document. Pure. */
export function runningPolicies(document: CheckedDocument): readonly RunningPolicy[] {
  const routes = new Map<string, number>();
  for (const group of document.groups) {
    const shares = group.pipelines.map(() => 0);
    for (const { pipeline } of group.routes) shares[pipeline] = (shares[pipeline] ?? 0) + 1;
    for (const [at, list] of group.pipelines.entries())
      for (const { policy } of list) routes.set(policy, (routes.get(policy) ?? 0) + (shares[at] ?? 0));
  }
  return document.policies.map(({ name, plugin, mode, labels, place }) => ({
    policy: name,
    plugin,
    mode,
    labels,
    where: `${place.file}:${place.line}`,
    routes: routes.get(name) ?? 0,
  }));
}
