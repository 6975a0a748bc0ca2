import { bareRecord } from '@postern/model';
import type { CheckedGroup, CheckedRoute, HeaderView } from '@postern/model';
import { PathTree } from './path-tree.ts';
import type { Leaf, Taker } from './path-tree.ts';
import type { Pipeline } from './pipeline.ts';

/** A group ready to match: its routes as a tree, its pipelines compiled. */
export interface GroupTable {
  readonly group: CheckedGroup;
  readonly tree: PathTree<CheckedRoute>;
  /** Text of all that shapes the tree: a group whose key is unchanged keeps its tree over a reload. */
  readonly treeKey: string;
  readonly pipelines: readonly Pipeline[];
  /** The group's own list: for its 404 and 405. */
  readonly own: Pipeline;
}

/** What a lookup wants. An undefined method takes any; undefined headers ignore conditions, as preflights must. */
export interface Wanted {
  readonly method: string | undefined;
  readonly headers: HeaderView | undefined;
}

/** Routes between two yields: at a few microseconds each, well below the slice a driver allows. */
const ROUTES_PER_YIELD = 250;

/** Builds the tree of a group's routes: more header conditions first, then document order, where patterns are equal. */
export function* buildTree(routes: readonly CheckedRoute[]): Generator<undefined, PathTree<CheckedRoute>, undefined> {
  const tree = new PathTree<CheckedRoute>();
  const ordered = routes.some((route) => route.headers.length > 0)
    ? routes.toSorted((one, other) => other.headers.length - one.headers.length)
    : routes;
  for (const [at, route] of ordered.entries()) {
    tree.insert(route.path, route);
    if (at % ROUTES_PER_YIELD === ROUTES_PER_YIELD - 1) yield;
  }
  return tree;
}

/** What two groups must have in common to share one tree. */
export function* keyOfTree(routes: readonly CheckedRoute[]): Generator<undefined, string, undefined> {
  let key = '';
  for (const [at, { name, path, methods, headers, labels, pipeline }] of routes.entries()) {
    key += `${name} ${path} ${methods?.join() ?? '*'} ${pipeline} ${headers.length === 0 ? '' : JSON.stringify(headers)}`;
    for (const label in labels) key += ` ${JSON.stringify([label, labels[label]])}`;
    key += '\n';
    if (at % ROUTES_PER_YIELD === ROUTES_PER_YIELD - 1) yield;
  }
  return key;
}

/** The parameters of the pattern that took a path, and what stands there in the path. */
export interface Captures {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const NO_CAPTURES: Captures = Object.freeze({ names: Object.freeze([]), values: Object.freeze([]) });

/** Takes the first route whose method and header conditions fit, and remembers what a 405 would have to say. */
export class RouteTaker implements Taker<CheckedRoute> {
  route: CheckedRoute | undefined = undefined;
  captures = NO_CAPTURES;
  /** True when some route has the path. */
  pathTaken = false;
  /** True when some route has the path and the method, whatever its header conditions. */
  methodTaken = false;
  readonly #allowed = new Set<string>();
  #wanted: Wanted = { method: undefined, headers: undefined };

  /** Forgets the lookup before. */
  begin(wanted: Wanted): void {
    this.#wanted = wanted;
    this.route = undefined;
    this.captures = NO_CAPTURES;
    this.pathTaken = false;
    this.methodTaken = false;
    // Also an empty set makes itself a new table.
    if (this.#allowed.size > 0) this.#allowed.clear();
  }

  /** Methods that the path has, as the `Allow` field lists them (RFC 9110 section 10.2.1). */
  get allowed(): string {
    return [...this.#allowed].join(', ');
  }

  take(leaf: Leaf<CheckedRoute>, captured: readonly string[]): boolean {
    const route = leaf.value;
    this.pathTaken = true;
    if (!this.#fitsMethod(route)) return false;
    this.methodTaken = true;
    if (!fitsHeaders(route, this.#wanted.headers)) return false;
    this.route = route;
    if (leaf.params.length > 0) this.captures = { names: leaf.params, values: captured };
    return true;
  }

  #fitsMethod(route: CheckedRoute): boolean {
    const { method } = this.#wanted;
    const { methods } = route;
    if (method === undefined || methods === undefined || methods.includes(method)) return true;
    if (method === 'HEAD' && methods.includes('GET')) return true;
    for (const allowed of methods) {
      this.#allowed.add(allowed);
      if (allowed === 'GET') this.#allowed.add('HEAD');
    }
    return false;
  }
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(bareRecord<string>());

function fitsHeaders(route: CheckedRoute, headers: HeaderView | undefined): boolean {
  if (headers === undefined || route.headers.length === 0) return true;
  for (const [name, value] of route.headers) if (headers.get(name) !== value) return false;
  return true;
}

/** Parameter names come from documents, values from clients: without a prototype neither can be `__proto__`. */
export function toParams({ names, values }: Captures): Readonly<Record<string, string>> {
  if (names.length === 0) return NO_PARAMS;
  const params = bareRecord<string>();
  for (let at = 0; at < names.length; at += 1) params[names[at] ?? ''] = values[at] ?? '';
  return params;
}
