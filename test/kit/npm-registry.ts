import { existsSync, globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { listen } from './listen.ts';
import { tarballOf } from './tarball.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/**
 * A registry of packages on loopback, for `npm install` without a network: it has what is installed here, by the lock file, and
 * the packages of these folders. Returns its URL.
 */
export async function registryFor(t: Pick<Test, 'teardown'>, own: readonly string[]): Promise<string> {
  const folders = new Map<string, Map<string, string>>();
  const add = (name: string, version: string, folder: string): void => {
    const versions = folders.get(name) ?? new Map<string, string>();
    folders.set(name, versions.set(version, folder));
  };
  for (const [path, { name, version }] of Object.entries(locked())) {
    const folder = join(ROOT, path);
    if (path.includes('node_modules/') && version !== undefined && existsSync(join(folder, 'package.json')))
      add(name ?? path.replace(/^.*node_modules\//, ''), version, folder);
  }
  for (const folder of own) {
    const { name, version } = manifestOf(folder);
    add(name, version, folder);
  }
  const tarballs = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const [name = '', version] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/-/');
    const folder = folders.get(name)?.get(version ?? '');
    if (folder !== undefined) {
      const bytes = tarballs.get(folder) ?? tarballOf(folder);
      tarballs.set(folder, bytes);
      response.end(bytes);
      return;
    }
    const versions = folders.get(name);
    response.statusCode = versions === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(versions === undefined ? '{}' : JSON.stringify(packument(name, versions)));
  });
  const packument = (name: string, versions: ReadonlyMap<string, string>): object => {
    const entries = [...versions].map(([version, folder]) => {
      const tarball = `http://127.0.0.1:${port}/${encodeURIComponent(name)}/-/${version}`;
      return [version, { ...manifestOf(folder), name, dist: { tarball } }];
    });
    return { name, 'dist-tags': { latest: [...versions.keys()].at(-1) }, versions: Object.fromEntries(entries) };
  };
  const port = await listen(t, server);
  return `http://127.0.0.1:${port}/`;
}

/** The folders of what `scripts/build.mjs` has built. */
export function builtFolders(dist: string): readonly string[] {
  return globSync(['npm/*/package.json', 'npm/@*/*/package.json'], { cwd: dist }).map((file) =>
    join(dist, dirname(file)),
  );
}

function locked(): Readonly<Record<string, { readonly name?: string; readonly version?: string }>> {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
