import type { Attached, CheckedGroup, CheckedRoute, Path } from '@postern/model';
import type { Attachable, Use } from './attach.ts';
import { attach } from './attach.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, placeOf, placeholderPath, remark, shownAt } from './inspection.ts';
import { collectNames } from './names.ts';
import { join, order, readSkip } from './order.ts';
import { checkConditions, checkMethods } from './route-conditions.ts';
import { parseRoutePath } from './route-path.ts';
import type { GroupText, RouteText } from './schema/document.ts';

/** The group around the routes being checked. */
export interface RoutesOf {
  readonly path: Path;
  /** What the group runs, before off and single are settled. */
  readonly inherited: readonly Use[];
  readonly attachable: Attachable;
}

type Checked = Pick<CheckedGroup, 'routes' | 'pipelines'>;

/** Checks the routes of a group and interns their pipelines; the first pipeline is the group's own. */
export function checkRoutes(inspection: Inspection, group: GroupText, around: RoutesOf): Checked {
  const pipelines = new Pipelines(order(around.inherited));
  if (group.routes === undefined) return { routes: [everything(inspection, around)], pipelines: pipelines.all };
  const path = [...around.path, 'routes'];
  collectNames(inspection, { kind: 'route', path, things: group.routes });
  const routes = group.routes.map((text, position) => {
    const at = [...path, position];
    return checkRoute(inspection, text, {
      path: at,
      pipeline: pipelines.indexOf(usesOf(inspection, text, { ...around, path: at })),
    });
  });
  return { routes, pipelines: pipelines.all };
}

/** A group without routes takes everything under its base path. */
function everything(inspection: Inspection, { path }: RoutesOf): CheckedRoute {
  const place = placeOf(inspection, path);
  return { name: 'all', path: '/*', methods: undefined, headers: [], labels: {}, pipeline: 0, place };
}

/** What runs on a route; undefined when it says nothing of its own. */
function usesOf(
  inspection: Inspection,
  text: RouteText,
  { path, inherited, attachable }: RoutesOf,
): readonly Use[] | undefined {
  if (text.policies === undefined && text.skip === undefined) return undefined;
  const skipped = readSkip(inspection, { names: text.skip, path: [...path, 'skip'], inherited }, attachable);
  const list = attach(inspection, { entries: text.policies, level: 'route', path: [...path, 'policies'] }, attachable);
  return join(inspection, inherited, { list, skipped });
}

function checkRoute(
  inspection: Inspection,
  text: RouteText,
  { path, pipeline }: { readonly path: Path; readonly pipeline: number },
): CheckedRoute {
  return {
    name: text.name,
    path: checkPath(inspection, text, [...path, 'path']),
    methods: text.methods === undefined ? undefined : checkMethods(inspection, text.methods, [...path, 'methods']),
    headers: checkConditions(inspection, text.headers, [...path, 'headers']),
    labels: text.labels ?? {},
    pipeline,
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

// A class because the table grows while the routes are read.
class Pipelines {
  readonly all: (readonly Attached[])[];
  readonly #indexes = new Map<string, number>();

  constructor(own: readonly Attached[]) {
    this.all = [own];
    this.#indexes.set(keyOf(own), 0);
  }

  indexOf(uses: readonly Use[] | undefined): number {
    if (uses === undefined) return 0;
    const pipeline = order(uses);
    const key = keyOf(pipeline);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.all.length);
    return this.all.push(pipeline) - 1;
  }
}

/** Places are a part of it: `explain` names the line of each entry. */
function keyOf(pipeline: readonly Attached[]): string {
  return pipeline
    .map(({ policy, level, place, mode }) => `${policy} ${level} ${mode} ${place.line}:${place.column}`)
    .join(',');
}
