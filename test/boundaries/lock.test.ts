// What went wrong in the lock file before, in silence.
import { readFileSync } from 'node:fs';
import { test } from 'tap';

interface Locked {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const locked: Readonly<Record<string, Locked>> = JSON.parse(text).packages;
const paths = Object.keys(locked);

test('there is one undici, so that pools and agents are the ones reply-from knows', async (t) => {
  t.same(
    paths.filter((path) => path.endsWith('node_modules/undici')),
    ['node_modules/undici'],
  );
});

test('the binaries of every platform are locked, else `npm ci` fails on the other ones', async (t) => {
  const named = Object.values(locked).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  t.same(
    named.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`))),
    [],
  );
});

test('no package is bound to one registry', async (t) => {
  t.same(
    paths.filter((path) => locked[path]?.link !== true && locked[path]?.resolved !== undefined),
    [],
  );
});
