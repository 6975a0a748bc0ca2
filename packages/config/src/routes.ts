import type { Absent, Attached, CheckedGroup, CheckedRoute, Path } from '@postern/model';
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
import type { Ordered } from './order.ts';
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

type Checked = Pick<CheckedGroup, 'routes' | 'pipelines' | 'absent'>;

/** Checks the routes of a group and interns their pipelines; the first pipeline is the group's own. */
export function checkRoutes(inspection: Inspection, group: GroupText, around: RoutesOf): Checked {
  const ground = { name: group.name, labels: group.labels ?? {} };
  const pipelines = new Pipelines(around.inherited, ground);
  if (group.routes === undefined) {
    const all = everything(inspection, around);
    const pipeline = pipelines.indexOf(undefined, all);
    return { routes: [{ ...all, pipeline }], ...pipelines.all };
  }
  const path = [...around.path, 'routes'];
  collectNames(inspection, { kind: 'route', path, things: group.routes });
  const routes = group.routes.map((text, position) => {
    const at = [...path, position];
    const uses = usesOf(inspection, text, { ...around, path: at });
    const pipeline = pipelines.indexOf(uses, { name: text.name, labels: text.labels ?? {} });
    return checkRoute(inspection, text, { path: at, pipeline });
  });
  return { routes, ...pipelines.all };
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
  readonly #inherited: Joined;
  readonly #group: Ground['group'];
  readonly #grounded: boolean;
  readonly #pipelines: (readonly Attached[])[] = [];
  readonly #absent: (readonly Absent[])[] = [];
  readonly #indexes = new Map<string, number>();

  constructor(inherited: Joined, group: Ground['group']) {
    this.#inherited = inherited;
    this.#group = group;
    this.#grounded = inherited.uses.some(({ grounded }) => grounded);
    this.#indexAt(inherited, NOWHERE);
  }

  get all(): Pick<CheckedGroup, 'pipelines' | 'absent'> {
    return { pipelines: this.#pipelines, absent: this.#absent };
  }

  /** The pipeline of a route; undefined: it says nothing of its own. Labels make a difference where a condition reads them. */
  indexOf(joined: Joined | undefined, route: Ground['route']): number {
    return joined === undefined && !this.#grounded ? 0 : this.#indexAt(joined ?? this.#inherited, route);
  }

  #indexAt({ uses, absent }: Joined, route: Ground['route']): number {
    const ordered = order(uses, { group: this.#group, route });
    const left = absent.length === 0 ? ordered.absent : [...absent, ...ordered.absent];
    const key = keyOf({ pipeline: ordered.pipeline, absent: left });
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.#pipelines.length);
    this.#absent.push(left);
    return this.#pipelines.push(ordered.pipeline) - 1;
  }
}

/** Places are a part of it: `explain` names the line of each entry, `plan` that of each entry without effect. */
function keyOf({ pipeline, absent }: Ordered): string {
  const runs = pipeline.map(({ policy, level, place, mode, when, always }) => {
    const entry = `${policy} ${level} ${mode} ${place.line}:${place.column}`;
    return when.length + always.length === 0 ? entry : `${entry} ${JSON.stringify([when, always])}`;
  });
  return absent.length === 0 ? runs.join() : `${runs.join()} ${JSON.stringify(absent)}`;
}
