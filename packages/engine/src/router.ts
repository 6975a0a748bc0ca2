import type { CheckedRoute } from '@postern/model';
import { RouteTaker, toParams } from './group-table.ts';
import type { Captures, GroupTable, Wanted } from './group-table.ts';

/** Where a request came in and what it asks for. */
export interface Asked extends Wanted {
  readonly listener: string;
  /** Lower-case host name without port. */
  readonly hostname: string;
  /** Canonical path. */
  readonly path: string;
}

/** The route that takes a request, or why none does; `table` is the group whose 404 or 405 it is, if any. */
export type Match =
  | {
      readonly kind: 'route';
      readonly table: GroupTable;
      readonly route: CheckedRoute;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'method-not-allowed'; readonly table: GroupTable; readonly allow: string }
  | { readonly kind: 'not-found'; readonly table: GroupTable | undefined };

const SLASH = 0x2f;

/** Groups of one host rank entry by base path; the empty string is the root. */
type ByBasePath = Map<string, GroupTable[]>;

/**
 * Finds the route of a request: host rank (named, wildcard, any), then longest base path, then the group's tree; a group
 * whose routes do not fit falls through to the next (design: Matching). Built once per snapshot.
 */
export class Router {
  readonly tables: readonly GroupTable[];
  readonly #named = new Map<string, ByBasePath>();
  readonly #wildcard = new Map<string, ByBasePath>();
  readonly #any: ByBasePath = new Map();
  readonly #taker = new RouteTaker();
  #longestBasePath = 0;

  constructor(tables: readonly GroupTable[]) {
    this.tables = tables;
    for (const table of tables) this.#add(table);
  }

  /** The route of an ordinary request. An OPTIONS that no route lists belongs to the route that has the path. */
  matchRequest(asked: Asked): Match {
    const match = this.match(asked);
    if (match.kind !== 'method-not-allowed' || asked.method !== 'OPTIONS') return match;
    return this.match({ ...asked, method: undefined });
  }

  /**
   * The route whose cors policy answers a preflight: the one that the *requested* method would take, header conditions
   * aside; where no route takes that method, any route on the path, and else the group.
   */
  matchPreflight(asked: Asked & { readonly headers: undefined }): Match {
    const match = this.match(asked);
    return match.kind === 'route' ? match : this.match({ ...asked, method: undefined });
  }

  match(asked: Asked): Match {
    const search: Search = { asked, taker: this.#taker, missed: undefined };
    const named = this.#named.get(asked.hostname);
    if (named !== undefined && this.#matchIn(named, search)) return found(search);
    if (this.#wildcard.size > 0) {
      for (let dot = asked.hostname.indexOf('.'); dot !== -1; dot = asked.hostname.indexOf('.', dot + 1)) {
        const wildcard = this.#wildcard.get(asked.hostname.slice(dot));
        if (wildcard !== undefined && this.#matchIn(wildcard, search)) return found(search);
      }
    }
    if (this.#matchIn(this.#any, search)) return found(search);
    return search.missed ?? { kind: 'not-found', table: undefined };
  }

  #matchIn(groups: ByBasePath, search: Search): boolean {
    const { path } = search.asked;
    // A base path matches whole segments, so only prefixes that end before a slash can be one. `lastIndexOf` leaves compiled code.
    for (let end = Math.min(path.length, this.#longestBasePath); end >= 0; end -= 1) {
      if (end < path.length && path.charCodeAt(end) !== SLASH) continue;
      const tables = groups.get(path.slice(0, end));
      if (tables === undefined) continue;
      for (const table of tables) if (matchTable(table, search, end)) return true;
    }
    return false;
  }

  #add(table: GroupTable): void {
    const basePath = table.group.basePath === '/' ? '' : table.group.basePath;
    this.#longestBasePath = Math.max(this.#longestBasePath, basePath.length);
    if (table.group.hosts === undefined) addTo(this.#any, basePath, table);
    for (const host of table.group.hosts ?? []) {
      // `*.example.com` is kept as `.example.com`: what stands behind the first label of a host it takes.
      const [index, key] = host.startsWith('*.') ? [this.#wildcard, host.slice(1)] : [this.#named, host];
      let groups = index.get(key);
      if (groups === undefined) index.set(key, (groups = new Map()));
      addTo(groups, basePath, table);
    }
  }
}

interface Search {
  readonly asked: Asked;
  readonly taker: RouteTaker;
  table?: GroupTable;
  /** The first group that had the base path but no route: its refusal counts when no other group takes the request. */
  missed: Match | undefined;
}

function addTo(groups: ByBasePath, basePath: string, table: GroupTable): void {
  const tables = groups.get(basePath);
  if (tables === undefined) groups.set(basePath, [table]);
  else tables.push(table);
}

/** `end` is where the base path ends. */
function matchTable(table: GroupTable, search: Search, end: number): boolean {
  const { asked, taker } = search;
  const { listeners } = table.group;
  if (listeners !== undefined && !listeners.includes(asked.listener)) return false;
  taker.begin(asked);
  if (table.tree.find(asked.path, taker, end)) {
    search.table = table;
    return true;
  }
  if (taker.pathTaken && !taker.methodTaken) {
    if (search.missed?.kind !== 'method-not-allowed')
      search.missed = { kind: 'method-not-allowed', table, allow: taker.allowed };
  } else {
    search.missed ??= { kind: 'not-found', table };
  }
  return false;
}

function found(search: Search): Match {
  const { table, taker } = search;
  if (table === undefined || taker.route === undefined) return { kind: 'not-found', table };
  return new RouteMatch(table, taker.route, taker.captures);
}

/** Most policies read no parameter: the record of them is made for the first that does. */
class RouteMatch {
  readonly kind = 'route';
  readonly table: GroupTable;
  readonly route: CheckedRoute;
  readonly #captures: Captures;
  #params: Readonly<Record<string, string>> | undefined = undefined;

  constructor(table: GroupTable, route: CheckedRoute, captures: Captures) {
    this.table = table;
    this.route = route;
    this.#captures = captures;
  }

  get params(): Readonly<Record<string, string>> {
    this.#params ??= toParams(this.#captures);
    return this.#params;
  }
}
