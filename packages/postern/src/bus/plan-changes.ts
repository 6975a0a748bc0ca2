import type { CheckedDocument } from '@postern/model';
import { planGateway, planRoutes } from '../plan-routes.ts';
import type { PlannedPolicy } from '../plan-routes.ts';
import { tame } from '../terminal.ts';

/** One route on which other policies run than before, or in another order. Null: there is no such route. */
interface RouteChange {
  /** `group/route`; `no group` for what runs where no group takes the request. */
  readonly route: string;
  /** Policies in run order, with what they do not share with an enforced, unconditional one: `limits (shadow)`. */
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
}

/** A policy that works differently than before, and the routes that it runs on. */
interface PolicyChange {
  readonly policy: string;
  readonly routes: readonly string[];
}

/** What a few changed words of a document come to, for whom. */
export type PlanChange = RouteChange | PolicyChange;

/** Says on which routes another pipeline runs than before, and where a policy runs that has changed itself. Pure. */
export function planChanges(before: CheckedDocument, after: CheckedDocument): readonly PlanChange[] {
  const [old, now] = [pipelinesOf(before), pipelinesOf(after)];
  const routes = [...new Set([...now.keys(), ...old.keys()])]
    .map((route) => ({ route, before: textsOf(old.get(route)), after: textsOf(now.get(route)) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
  return [...routes, ...policyChanges(before, after)];
}

function policyChanges(before: CheckedDocument, after: CheckedDocument): readonly PolicyChange[] {
  // The key is all that shapes the policy, values of references included: it is compared, never shown.
  const keys = new Map(before.policies.map(({ name, key }) => [name, key]));
  const changed = after.policies.filter(({ name, key }) => keys.has(name) && keys.get(name) !== key);
  const runs = pipelinesOf(after);
  return changed.map(({ name }) => ({
    policy: name,
    routes: [...runs].filter(([, list]) => list.some(({ policy }) => policy === name)).map(([route]) => route),
  }));
}

/** Plan changes as people read them, the first of them when there are many. Pure. */
export function describePlan(changes: readonly PlanChange[]): string {
  const routes = changes.filter((change) => 'route' in change);
  const policies = changes.filter((change) => 'policy' in change);
  const head = routes.length === 1 ? '1 route' : `${routes.length} routes`;
  return [
    ...(routes.length === 0 ? [] : [`so that other policies run on ${head}`, ...atMost(routes.map(routeLine))]),
    ...(policies.length === 0 ? [] : ['so that policies do something else', ...atMost(policies.map(policyLine))]),
  ].join('\n');
}

const MOST_LINES = 20;

function atMost(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more`];
}

function routeLine({ route, before, after }: RouteChange): string {
  if (before === null) return `  ${route}: new, runs ${named(after)}`;
  return `  ${route}: ${named(before)} -> ${after === null ? 'gone' : named(after)}`;
}

const MOST_ROUTES = 5;

function policyLine({ policy, routes }: PolicyChange): string {
  const shown = routes.slice(0, MOST_ROUTES).join(', ');
  const more = routes.length > MOST_ROUTES ? ` and ${routes.length - MOST_ROUTES} more` : '';
  return `  ${policy}: ${routes.length === 0 ? 'runs nowhere' : `on ${shown}${more}`}`;
}

function named(policies: readonly string[] | null): string {
  return policies === null || policies.length === 0 ? 'nothing' : policies.join(', ');
}

function pipelinesOf(document: CheckedDocument): ReadonlyMap<string, readonly PlannedPolicy[]> {
  const routes = planRoutes(document).map(({ group, route, policies }) => [`${group}/${route}`, policies] as const);
  return new Map([...routes, ['no group', planGateway(document).policies]]);
}

function textsOf(policies: readonly PlannedPolicy[] | undefined): readonly string[] | null {
  return policies === undefined ? null : policies.map(textOf);
}

function textOf({ policy, mode, when }: PlannedPolicy): string {
  const conditions = when.filter(({ always }) => !always).map(({ text }) => `when ${tame(text)}`);
  const notes = [...(mode === 'enforce' ? [] : [mode]), ...conditions];
  return notes.length === 0 ? policy : `${policy} (${notes.join(', ')})`;
}
