import { listOf, mapOf } from '../pointer.ts';

/** What stands in front of the paths of a document: of the config, else of its servers; the longest first. Pure. */
export function basePathsOf(root: Readonly<Record<string, unknown>>, written: string | undefined): readonly string[] {
  if (written !== undefined) return [withoutSlash(written)];
  const servers = listOf(root['servers']) ?? [];
  const paths = servers.flatMap((server) => pathOf(mapOf(server)));
  return paths.length === 0 ? [''] : [...new Set(paths)].toSorted((one, other) => other.length - one.length);
}

function pathOf(server: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  if (typeof server?.['url'] !== 'string') return [];
  const variables = mapOf(server['variables']) ?? {};
  const url = server['url'].replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const fallback = Object.hasOwn(variables, name) ? mapOf(variables[name])?.['default'] : undefined;
    return typeof fallback === 'string' ? fallback : 'x';
  });
  const absolute = URL.parse(url, 'http://server.invalid/');
  return absolute === null ? [] : [withoutSlash(absolute.pathname)];
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The path below one of the bases; undefined when it stands below none. Pure. */
export function belowBase(path: string, bases: readonly string[]): string | undefined {
  for (const base of bases) {
    if (path === base) return '/';
    if (path.startsWith(`${base}/`)) return path.slice(base.length);
  }
  return undefined;
}
