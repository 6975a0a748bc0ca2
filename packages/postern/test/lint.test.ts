import { test } from 'tap';
import { GOOD } from './documents.ts';
import { run } from './spawn.ts';

const SPARE = GOOD.replace('upstreams: [', 'upstreams: [{ name: spare, builtin: echo }, ');

test('check shows what lint finds as warnings and exits 0; with --strict they are errors and it exits 1', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': SPARE });
  const lenient = await run(['check'], { cwd });
  t.equal(lenient.code, 0);
  t.match(lenient.out, /^gateway\.yaml:6:13: warning: upstreams\.spare: .+ \[lint\/unused-upstream\]\n {2}fix: /);
  const strict = await run(['check', '--strict'], { cwd });
  t.equal(strict.code, 1);
  t.match(strict.out, /^gateway\.yaml:6:13: error: .+ \[lint\/unused-upstream\]/);
  t.equal(strict.err, 'gateway.yaml: 1 error\n');
});

test('check --strict leaves references that only the node can resolve as warnings', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD.replace('yes-it-is', '"${env:NOT_SET_ANYWHERE}"') });
  const { code, out } = await run(['check', '--strict'], { cwd });
  t.equal(code, 0);
  t.match(out, /warning: .+ \[reference\/not-set\]/);
});

test('check --json gives what lint finds with place and pointer, and a comment takes it away', async (t) => {
  const cwd = t.testdir({
    'gateway.yaml': SPARE,
    'meant.yaml': SPARE.replace('upstreams:', '# postern-lint-ignore lint/unused-upstream\nupstreams:'),
  });
  const { out } = await run(['check', '--json', 'gateway.yaml', 'meant.yaml'], { cwd });
  t.match(JSON.parse(out), [
    { severity: 'warning', code: 'lint/unused-upstream', file: 'gateway.yaml', line: 6, pointer: '/upstreams/0' },
  ]);
  t.equal(JSON.parse(out).length, 1);
});

test('push shows what lint finds and publishes all the same', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': SPARE });
  const { err } = await run(['push', 'gateway.yaml', '--nats', 'nats://127.0.0.1:1'], { cwd });
  t.match(err, /warning: .+ \[lint\/unused-upstream\]/);
  t.match(err, /127\.0\.0\.1:1/, 'it went on to the server, which is not there');
});
