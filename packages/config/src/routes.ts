import type { Attached, CheckedGroup, CheckedRoute, Path } from '@postern/model';
import type { Attachable } from './attach.ts';
import { attach } from './attach.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, placeOf, placeholderPath, remark, shownAt } from './inspection.ts';
import { collectNames } from './names.ts';
import { NOWHERE } from './condition/fold.ts';
import type { Ground } from './condition/fold.ts';
import { join, readSkip } from './join.ts';
import type { Joined } from './join.ts';
import { order } from './order.ts';
import { checkConditions, checkMethods } from './route-conditions.ts';
import { parseRoutePath } from './route-path.ts';
import type { GroupText, RouteText } from './schema/document.ts';

/** The group around the routes being checked. */
export interface RoutesOf {
  readonly path: Path;
  /** What the group runs, before off and single are settled. */
  readonly inherited: Joined;
  readonly attachable: Attachable;
}

type Checked = Pick<CheckedGroup, 'routes' | 'pipelines'>;

/** Checks the routes of a group and interns their pipelines; the first pipeline is the group's own. */
export function checkRoutes(inspection: Inspection, group: GroupText, around: RoutesOf): Checked {
  const pipelines = new Pipelines(around.inherited, { name: group.name, labels: group.labels ?? {} });
  if (group.routes === undefined)
    return { routes: [everything(inspection, around, pipelines)], pipelines: pipelines.all };
  const path = [...around.path, 'routes'];
  collectNames(inspection, { kind: 'route', path, things: group.routes });
  const routes = group.routes.map((text, position) => {
    const at = [...path, position];
    const joined = joinedOf(inspection, text, { ...around, path: at });
    const runs = pipelines.of(joined, { name: text.name, labels: text.labels ?? {} });
    return checkRoute(inspection, text, { path: at, runs });
  });
  return { routes, pipelines: pipelines.all };
}

/** A group without routes takes everything under its base path. */
function everything(inspection: Inspection, { path }: RoutesOf, pipelines: Pipelines): CheckedRoute {
  const route = { name: 'all', labels: {} };
  const rest = { path: '/*', methods: undefined, headers: [], place: placeOf(inspection, path) };
  return { ...route, ...rest, ...pipelines.of(undefined, route) };
}

/** What runs on a route; undefined when it says nothing of its own. */
function joinedOf(
  inspection: Inspection,
  text: RouteText,
  { path, inherited, attachable }: RoutesOf,
): Joined | undefined {
  if (text.policies === undefined && text.skip === undefined) return undefined;
  const skipped = readSkip(
    inspection,
    { names: text.skip, path: [...path, 'skip'], inherited: inherited.uses },
    attachable,
  );
  const list = attach(inspection, { entries: text.policies, level: 'route', path: [...path, 'policies'] }, attachable);
  return join(inspection, inherited, { list, skipped });
}

function checkRoute(
  inspection: Inspection,
  text: RouteText,
  { path, runs }: { readonly path: Path; readonly runs: Runs },
): CheckedRoute {
  return {
    name: text.name,
    path: checkPath(inspection, text, [...path, 'path']),
    methods: text.methods === undefined ? undefined : checkMethods(inspection, text.methods, [...path, 'methods']),
    headers: checkConditions(inspection, text.headers, [...path, 'headers']),
    labels: text.labels ?? {},
    ...runs,
    place: placeOf(inspection, path),
  };
}

function checkPath(inspection: Inspection, text: RouteText, path: Path): string {
  const parsed = parseRoutePath(text.path);
  const known = inspection.references.size === 0 || isJudged(inspection, path);
  if (!known) return placeholderPath(inspection, path);
  if (parsed.kind === 'wrong') {
    const { message, fix } = parsed;
    if (isJudged(inspection, path))
      remark(inspection, path, { code: 'routes/path', message: `${shownAt(inspection, path)}: ${message}`, fix });
    return placeholderPath(inspection, path);
  }
  if (parsed.warning !== undefined) {
    const { message, fix } = parsed.warning;
    remark(inspection, path, {
      severity: 'warning',
      code: 'routes/literal-colon',
      message: `${shownAt(inspection, path)}: ${message}`,
      fix,
    });
  }
  return parsed.path;
}

/** What runs on a route, as the route says it. */
type Runs = Pick<CheckedRoute, 'pipeline' | 'absent'>;

// A class because the table grows while the routes are read.
class Pipelines {
  readonly all: (readonly Attached[])[] = [];
  readonly #inherited: Joined;
  readonly #group: Ground['group'];
  readonly #own: Runs;
  readonly #indexes = new Map<string, number>();

  constructor(inherited: Joined, group: Ground['group']) {
    this.#inherited = inherited;
    this.#group = group;
    this.#own = this.#order(inherited, NOWHERE);
  }

  /** What runs on a route; undefined: it has no lists of its own. Labels make a difference where a condition reads them. */
  of(joined: Joined | undefined, route: Ground['route']): Runs {
    const grounded = this.#inherited.uses.some((use) => use.grounded);
    return joined === undefined && !grounded ? this.#own : this.#order(joined ?? this.#inherited, route);
  }

  #order({ uses, absent: taken }: Joined, route: Ground['route']): Runs {
    const { pipeline, absent: left } = order(uses, { group: this.#group, route });
    const absent = taken.length === 0 ? left : [...taken, ...left];
    const key = keyOf(pipeline);
    let index = this.#indexes.get(key);
    if (index === undefined) this.#indexes.set(key, (index = this.all.push(pipeline) - 1));
    return { pipeline: index, absent };
  }
}

/** Places are a part of it: `explain` names the line of each entry. */
function keyOf(pipeline: readonly Attached[]): string {
  const entries = pipeline.map(({ policy, level, place, mode, when, always }) => {
    const entry = `${policy} ${level} ${mode} ${place.line}:${place.column}`;
    return when.length + always.length === 0 ? entry : `${entry} ${JSON.stringify([when, always])}`;
  });
  return entries.join();
}
