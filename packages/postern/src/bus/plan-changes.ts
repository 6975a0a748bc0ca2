import type { CheckedDocument } from '@postern/model';
import { planGateway, planRoutes } from '../plan-routes.ts';
import type { PlannedPolicy } from '../plan-routes.ts';

/** One route on which other policies run than before, or in another order. Null: there is no such route. */
export interface PlanChange {
  /** `group/route`; `no group` for what runs where no group takes the request. */
  readonly route: string;
  /** Policies in run order, with their mode where it is not `enforce`: `limits (shadow)`. */
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
}

/** Says on which routes another pipeline runs than before: what a few changed words of a document come to. Pure. */
export function planChanges(before: CheckedDocument, after: CheckedDocument): readonly PlanChange[] {
  const [old, now] = [pipelinesOf(before), pipelinesOf(after)];
  return [...new Set([...now.keys(), ...old.keys()])]
    .map((route) => ({ route, before: old.get(route) ?? null, after: now.get(route) ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** Plan changes as people read them, the first of them when there are many. Pure. */
export function describePlan(changes: readonly PlanChange[]): string {
  const shown = changes.slice(0, MOST_ROUTES).map(planLine);
  const more = changes.length > MOST_ROUTES ? [`  and ${changes.length - MOST_ROUTES} more`] : [];
  const routes = changes.length === 1 ? '1 route' : `${changes.length} routes`;
  return [`so that other policies run on ${routes}`, ...shown, ...more].join('\n');
}

const MOST_ROUTES = 20;

function planLine({ route, before, after }: PlanChange): string {
  if (before === null) return `  ${route}: new, runs ${named(after)}`;
  return `  ${route}: ${named(before)} -> ${after === null ? 'gone' : named(after)}`;
}

function named(policies: readonly string[] | null): string {
  return policies === null || policies.length === 0 ? 'nothing' : policies.join(', ');
}

function pipelinesOf(document: CheckedDocument): ReadonlyMap<string, readonly string[]> {
  const routes = planRoutes(document).map(
    ({ group, route, policies }) => [`${group}/${route}`, names(policies)] as const,
  );
  return new Map([...routes, ['no group', names(planGateway(document))]]);
}

function names(policies: readonly PlannedPolicy[]): readonly string[] {
  return policies.map(({ policy, mode }) => (mode === 'enforce' ? policy : `${policy} (${mode})`));
}
