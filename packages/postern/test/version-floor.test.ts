import { test } from 'tap';
import { isBelow, underFloor, versionFloor } from '../src/version-floor.ts';
import type { VersionFloor } from '../src/version-floor.ts';
import { GOOD } from './documents.ts';
import { start, startLine } from './spawn.ts';

const floor = (text: string) => ({ floor: text, advisory: 'https://advisory.test', why: 'a hole' });
const FLOORS: VersionFloor = {
  read: '2026-01-01',
  node: [
    { line: 22, ...floor('22.5.1') },
    { line: 24, ...floor('24.0.9') },
  ],
  bundled: [{ name: 'llhttp', ...floor('9.2.1') }],
  packages: [{ name: 'fastify', ...floor('5.10.0') }],
  accepted: [],
};

test('versions are compared as numbers, part by part', async (t) => {
  for (const [version, least, below] of [
    ['5.9.9', '5.10.0', true],
    ['5.10.0', '5.10.0', false],
    ['6.0.0', '5.10.0', false],
    ['4.99.99', '5.0.0', true],
    ['5.10.0-rc.1', '5.10.0', false],
    ['24.0.10', '24.0.9', false],
    ['', '1.0.0', true],
  ] as const)
    t.equal(isBelow(version, least), below, `${version} < ${least}`);
});

test('each line of Node has its floor; one that gets no releases any more is under that of the next', async (t) => {
  const of = (node: string) =>
    underFloor(FLOORS, (name) => (name === 'node' ? node : undefined)).map((short) => short.floor);
  t.same(of('22.5.0'), ['22.5.1']);
  t.same(of('22.5.1'), []);
  t.same(of('20.99.0'), ['22.5.1']);
  t.same(of('23.11.0'), ['24.0.9']);
  t.same(of('24.1.0'), []);
  t.same(of('25.0.0'), [], 'what came after this list nobody knows to be bad');
});

test('what Node brings and what is installed has floors as well, and what is not there has none', async (t) => {
  const versions: Readonly<Record<string, string>> = { node: '24.1.0', llhttp: '9.2.0', fastify: '5.9.0' };
  t.match(
    underFloor(FLOORS, (name) => versions[name]),
    [
      { name: 'llhttp', version: '9.2.0', floor: '9.2.1' },
      { name: 'fastify', version: '5.9.0', floor: '5.10.0' },
    ],
  );
  t.same(
    underFloor(FLOORS, () => undefined),
    [],
  );
});

test('a start under the floor warns of it with a code and an advisory, and serves', async (t) => {
  const started = start(['run'], { cwd: t.testdir({ 'gateway.yaml': GOOD }) });
  t.teardown(() => void started.child.kill('SIGKILL'));
  await startLine(started);
  started.child.kill('SIGTERM');
  t.equal(await started.ended, 0);
  const said = started
    .out()
    .split('\n')
    .filter((line) => line.includes('"version/under-floor"'))
    .map((line) => JSON.parse(line));
  const { accepted, ...floors } = versionFloor();
  const versions = process.versions;
  const expected = underFloor({ ...floors, packages: [], accepted }, (name) => versions[name]);
  t.match(
    said,
    expected.map(({ name, version, floor: least, advisory }) => ({
      level: 'warn',
      name,
      version,
      floor: least,
      advisory,
    })),
  );
  t.equal(said.length, expected.length);
});
