import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { test } from 'tap';
import { run } from '../../packages/postern/test/spawn.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { blocks, toDocument } from './blocks.ts';

const all = blocks();
// Files of a tutorial need what its earlier steps made: tutorial.test.ts follows it.
const examples = all.filter(({ language, mark }) => /^ya?ml$/.test(language) && !mark.startsWith('file '));

test('every YAML example of the pages is checked, and there are some', async (t) => {
  t.ok(examples.length >= 10, `${examples.length} examples`);
});

test('examples marked wrong are refused, all others accepted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [at, block] of examples.entries()) writeFileSync(join(folder, `${at}.yaml`), toDocument(block));
  // One run for all of them: a program that starts is the slowest part.
  const { code, out } = await run(['check', '--json', ...examples.map((_, at) => `${at}.yaml`)], { cwd: folder });
  t.equal(code, 1, 'the wrong ones are among them');
  const issues: readonly { file: string; severity: string; message: string; code: string }[] = JSON.parse(out);
  for (const [at, { page, line, mark }] of examples.entries()) {
    const errors = issues.filter(({ file, severity }) => file === `${at}.yaml` && severity === 'error');
    const said = errors.map((issue) => `${issue.message} [${issue.code}]`).join('\n');
    if (mark.startsWith('wrong')) t.ok(errors.length > 0, `the example at ${page}:${line} is refused`);
    else t.equal(said, '', `the example at ${page}:${line} is accepted`);
  }
});

test('the curl lines of the README answer as the README says', async (t) => {
  const lines = all
    .filter(({ page, language }) => page === 'README.md' && language === 'sh')
    .map(({ text }) => text.trim())
    .filter((text) => text.startsWith('curl '));
  t.equal(lines.length, 3);
  const [, live = ''] = readFileSync('gateway.yaml', 'utf8').split(/^(?=gateway:)/m);
  const gateway = await gatewayFor(t, `${SERVER}${live}`);
  const execute = promisify(execFile);
  const answers: string[] = [];
  for (const line of lines) {
    // Port 8080 may be taken on the machine that runs the tests; all else is as it stands.
    const { stdout } = await execute('bash', ['-c', line.replaceAll(':8080', `:${gateway.port()}`)]);
    answers.push(stdout);
  }
  t.match(answers[0], /^HTTP\/1\.1 200 /);
  t.match(answers[0], /\r\naccess-control-allow-origin: https:\/\/app\.example\.com\r\n/);
  t.match(answers[0], '"path":"/hello"');
  t.match(answers[1], /^HTTP\/1\.1 204 /);
  t.match(answers[1], /\r\naccess-control-allow-methods: GET,\s?POST,\s?PUT\r\n/);
  t.match(answers[2], /^HTTP\/1\.1 200 /);
  t.notMatch(answers[2], /access-control-/);
});

test('every relative link of the pages leads to a file', async (t) => {
  const pages = new Set(all.map(({ page }) => page));
  for (const page of [...pages, 'docs/words.md', 'docs/request-path.md']) {
    for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
      t.ok(existsSync(normalize(join(dirname(page), target))), `${page} -> ${target}`);
    }
  }
});
