import { test } from 'tap';
import { BAD, GOOD } from './documents.ts';
import { run } from './spawn.ts';

const ISSUE = /^bad\.yaml:(\d+):\d+: error: .+ \[[a-z-]+\/[a-z0-9-]+\]\n {2}fix: .+/m;

for (const [name, [text, line]] of Object.entries(BAD)) {
  test(`run prints ${name} with place, code and mend, and exits 1`, async (t) => {
    const cwd = t.testdir({ 'bad.yaml': text });
    const { code, out, err } = await run(['run', 'bad.yaml'], { cwd });
    t.equal(code, 1);
    t.match(err, ISSUE);
    t.equal(Number(ISSUE.exec(err)?.[1]), line, err);
    t.match(err, /\nbad\.yaml: \d+ errors?(?:, \d+ warnings?)?\n$/);
    t.equal(out, '');
  });
}

test('check prints every bad file with place, code and mend, and exits 1', async (t) => {
  // What is missing here may be set where the document will run: for check that is a warning.
  const files = Object.entries(BAD).filter(([name]) => name !== 'a missing variable');
  const cwd = t.testdir(Object.fromEntries(files.map(([, [text]], at) => [`${at}.yaml`, text])));
  const { code, out, err } = await run(['check', ...files.map((_, at) => `${at}.yaml`)], { cwd });
  t.equal(code, 1);
  for (const [at, [name, [, line]]] of files.entries()) {
    t.match(out, new RegExp(`^${at}\\.yaml:${line}:\\d+: error: .+ \\[.+/.+\\]\\n  fix: .+`, 'm'), name);
    t.match(err, new RegExp(`^${at}\\.yaml: \\d+ errors?`, 'm'), name);
  }
});

test('check exits 0 on a clean document and says so beside the pipe', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD });
  t.strictSame(await run(['check'], { cwd }), { code: 0, out: '', err: 'gateway.yaml: no issues\n' });
});

test('check takes a missing variable as a warning and exits 0', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': BAD['a missing variable']?.[0] ?? '' });
  const { code, out, err } = await run(['check'], { cwd });
  t.equal(code, 0);
  t.match(out, /^gateway\.yaml:9:\d+: warning: .*NOT_SET_ANYWHERE.* \[reference\/not-set\]\n {2}fix: /);
  t.equal(err, 'gateway.yaml: 1 warning\n');
});

test('check --json prints one array over all files with exactly these members', async (t) => {
  const cwd = t.testdir({ 'a.yaml': `${GOOD}polices: []\n`, 'b.yaml': GOOD.replace('name: rest', 'name: list') });
  const { code, out } = await run(['check', '--json', 'a.yaml', 'b.yaml'], { cwd });
  t.equal(code, 1);
  const issues: readonly Record<string, unknown>[] = JSON.parse(out);
  t.match(issues, [
    { severity: 'error', file: 'a.yaml', line: 18, column: 1, pointer: '/polices', fix: /policies/ },
    { severity: 'error', file: 'b.yaml', line: 17 },
  ]);
  for (const issue of issues)
    t.strictSame(Object.keys(issue), ['severity', 'code', 'message', 'file', 'line', 'column', 'pointer', 'fix']);
  t.strictSame(JSON.parse((await run(['check', '--json'], { cwd: t.testdir({ 'gateway.yaml': GOOD }) })).out), []);
});

test('check finds what only the compile of a plugin finds', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD.replace('x-tag:', 'access-control-allow-origin:') });
  const { code, out } = await run(['check'], { cwd });
  t.equal(code, 1);
  t.match(
    out,
    /^gateway\.yaml:9:\d+: error: policies\.tag\.config\.response\.set\.access-control-allow-origin: .*\[headers\/cors-owned\]\n {2}fix: use the cors plugin/,
  );
});

test('check says of a file that is not there what it is and how to mend it', async (t) => {
  const { code, out } = await run(['check', 'nowhere.yaml', '.'], { cwd: t.testdir({}) });
  t.equal(code, 1);
  t.match(
    out,
    /^nowhere\.yaml:1:1: error: nowhere\.yaml does not exist \[source\/unreadable\]\n {2}fix: create the file/,
  );
  t.match(out, /^\.:1:1: error: .* \[source\/unreadable\]/m);
});

test('check takes a document above 64 KiB', async (t) => {
  const long = `# ${'x'.repeat(70_000)}\n`;
  const cwd = t.testdir({ 'a.yaml': GOOD + long, 'b.yaml': `${GOOD}${long}polices: []\n` });
  const { code, out, err } = await run(['check', 'a.yaml', 'b.yaml'], { cwd });
  t.equal(code, 1);
  t.match(out, /^b\.yaml:19:1: error/);
  t.match(err, /^a\.yaml: no issues$/m);
});
