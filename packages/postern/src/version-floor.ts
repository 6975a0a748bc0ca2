import { createRequire } from 'node:module';
import type { Log } from '@postern/model';

/** The least version of something that has no known hole that matters here, and what says so. */
interface Floor {
  readonly floor: string;
  /** URL of the advisory. */
  readonly advisory: string;
  readonly why: string;
}

/** `version-floor.json`: data, so that a new advisory is a new line and no new code. */
export interface VersionFloor {
  /** The day on which somebody last looked for advisories. */
  readonly read: string;
  /** Of each line of Node that gets security releases. */
  readonly node: readonly (Floor & { readonly line: number })[];
  /** Of what Node brings along: names of `process.versions`. */
  readonly bundled: readonly (Floor & { readonly name: string })[];
  readonly packages: readonly (Floor & { readonly name: string })[];
  /** Versions under a floor that are taken all the same; `warns`: a start says so nevertheless. */
  readonly accepted: readonly {
    readonly name: string;
    readonly version: string;
    readonly why: string;
    readonly warns: boolean;
  }[];
}

/** Something that is under its floor. */
export interface Short extends Floor {
  readonly name: string;
  readonly version: string;
}

/** What runs here, by name; undefined: nobody knows. */
export type VersionOf = (name: string) => string | undefined;

/** Reads the floors. */
export function versionFloor(): VersionFloor {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- a file of our own, whose form a test checks
  const data: VersionFloor = createRequire(import.meta.url)('../version-floor.json');
  return data;
}

/** Everything that is under its floor, accepted or not. Pure. */
export function underFloor({ node, bundled, packages }: VersionFloor, versionOf: VersionOf): readonly Short[] {
  const short: Short[] = [];
  const look = (name: string, floor: Floor): void => {
    const version = versionOf(name);
    if (version !== undefined && isBelow(version, floor.floor)) short.push({ ...floor, name, version });
  };
  const version = versionOf('node') ?? '';
  const line = Number(version.split('.')[0]);
  const newest = Math.max(...node.map((one) => one.line));
  const own = node.find((one) => one.line === line) ?? (line < newest ? nextLine(node, line) : undefined);
  if (own !== undefined) look('node', own);
  for (const { name, ...floor } of [...bundled, ...packages]) look(name, floor);
  return short;
}

/** A line that is not listed gets no releases any more: the next one that does is the floor. */
function nextLine(node: VersionFloor['node'], line: number): Floor | undefined {
  const next = node.filter((one) => one.line > line).toSorted((one, other) => one.line - other.line)[0];
  return next === undefined ? undefined : { ...next, why: `Node ${line} gets no security releases; ${next.why}` };
}

/** Whether a version comes before another. A pre-release counts as the version that it is for. Pure. */
export function isBelow(version: string, floor: string): boolean {
  const [one, other] = [version, floor].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  for (const [at, part] of (other ?? []).entries()) {
    const own = one?.[at] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

/** Warns of each that is under its floor, unless that is accepted in silence. Nothing is refused for it. */
export function warnUnderFloor(log: Log): void {
  const floors = versionFloor();
  for (const { name, version, floor, advisory, why } of underFloor(floors, installed)) {
    const accepted = floors.accepted.find((one) => one.name === name && one.version === version);
    if (accepted?.warns === false) continue;
    log.warn(
      { code: 'version/under-floor', name, version, floor, advisory },
      `${name} ${version} has a known hole: ${why}. Update it to ${floor} or newer: ${advisory}`,
    );
  }
}

/** The version of Node, of what it brings, or of a package that the server uses. */
function installed(name: string): string | undefined {
  return process.versions[name] ?? packageVersion(name);
}

function packageVersion(name: string): string | undefined {
  try {
    const server = createRequire(import.meta.resolve('@postern/server'));
    // Only http-proxy itself is sure to find what it stands on.
    const from = name === '@fastify/reply-from' ? createRequire(server.resolve('@fastify/http-proxy')) : server;
    const manifest: unknown = from(`${name}/package.json`);
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : undefined;
  } catch {
    // Bundled into one file, say: there is nothing to compare.
    return undefined;
  }
}
