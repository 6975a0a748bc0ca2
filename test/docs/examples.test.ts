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
const examples = all.filter(({ language }) => language === 'yaml' || language === 'yml');

test('every YAML example of the pages is checked, and there are some', async (t) => {
  t.ok(examples.length >= 10, `${examples.length} examples`);
});

const folder = mkdtempSync(join(tmpdir(), 'postern-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
for (const [at, block] of examples.entries()) {
  const verb = block.mark.startsWith('wrong') ? 'is refused' : 'is accepted';
  test(`the example at ${block.page}:${block.line} ${verb}`, async (t) => {
    const file = join(folder, `${at}.yaml`);
    writeFileSync(file, toDocument(block));
    const { code, out } = await run(['check', file], { cwd: process.cwd() });
    t.equal(code, block.mark.startsWith('wrong') ? 1 : 0, out);
    if (block.mark.startsWith('wrong')) t.match(out, /: error: .* \[[a-z-]+\/[a-z-]+\]/);
  });
}

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
