import type { Place } from './issue.ts';
import type { Absent, Attached, Labels } from './policy.ts';

/** One operation of a group: path pattern and methods. */
export interface CheckedRoute {
  readonly name: string;
  /** Pattern relative to the group's base path: literal segments, `{param}` segments, at most one trailing `/*`. */
  readonly path: string;
  /** Methods, case-sensitive; undefined takes all. */
  readonly methods: readonly string[] | undefined;
  /** Conditions on request headers: lower-case name and the exact value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly labels: Labels;
  /** Index into the group's `pipelines`. */
  readonly pipeline: number;
  /** What lists name or hand down to this route that does not run on it, and why. */
  readonly absent: readonly Absent[];
  readonly place: Place;
}

/** Hosts, base path, routes and upstream: one API as its clients see it. */
export interface CheckedGroup {
  readonly name: string;
  readonly labels: Labels;
  /** Lower-case names or `*.` patterns; undefined takes any host. */
  readonly hosts: readonly string[] | undefined;
  /** Names of listeners; undefined takes all. */
  readonly listeners: readonly string[] | undefined;
  /** `/` or `/a/b`, without a trailing slash. */
  readonly basePath: string;
  readonly stripBasePath: boolean;
  readonly encodedSlash: boolean;
  /** Undefined: as the upstream says. */
  readonly preserveHost: boolean | undefined;
  readonly upstream: string;
  readonly routes: readonly CheckedRoute[];
  /** The distinct ordered lists of this group's routes; the first is the group's own, used for its 404 and 405. */
  readonly pipelines: readonly (readonly Attached[])[];
  readonly place: Place;
}
