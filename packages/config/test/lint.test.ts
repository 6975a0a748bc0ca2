import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Issue } from '@postern/model';
import t from 'tap';
import { cpuTime } from '../../../test/kit/cpu-time.ts';
import { lint, lintRules, withoutIgnored } from '../src/index.ts';
import { accepted } from './fixtures.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

t.test('every rule has a section in docs/lint.md and a golden pair of each kind', (t) => {
  const page = readFileSync(`${root}docs/lint.md`, 'utf8');
  const sections = [...page.matchAll(/^### `(lint\/[a-z-]+)`$/gm)].map(([, code]) => code);
  t.same(
    sections,
    lintRules.map(({ code }) => code),
  );
  for (const { code, summary } of lintRules) {
    t.match(summary, /^[A-Z].+\.$/);
    const folder = `${root}test/manifests/${code}`;
    const read = (name: string): string =>
      existsSync(`${folder}${name}.out.yaml`) ? readFileSync(`${folder}${name}.out.yaml`, 'utf8') : 'not there';
    t.match(read(''), `[${code}]`, `${code} is shown`);
    t.equal(read('-near-miss'), 'result: accepted\n', `the near miss of ${code} gives nothing`);
  }
  t.end();
});

/** Every route with a list of its own, so that no two share a pipeline. */
function documentOf(routes: number): string {
  const policies = Array.from({ length: 20 }, (_, at) => `{ name: p${at}, plugin: ids }`).join(', ');
  let text = `upstreams: [{ name: shop, builtin: echo }]
policies: [${policies}]
gateway: { policies: [p0, p1, p2] }
apiGroups:
  - name: storefront
    upstream: shop
    routes:
`;
  for (let at = 0; at < routes; at += 1)
    text += `      - { name: r${at}, path: "/items/${at}/{id}", methods: [GET], policies: [inherit, p${3 + (at % 17)}] }\n`;
  return text;
}

t.test('lint of ten times the routes takes about ten times as long', (t) => {
  const plugins = new Map([['ids', { preflight: false, traits: () => ['authenticates'] as const }]]);
  const seconds = (routes: number): number => {
    const document = accepted(documentOf(routes));
    const linted = { document, plugins, handlers: new Map() };
    lint(linted);
    let best = Infinity;
    for (let run = 0; run < 5; run += 1) {
      const start = cpuTime();
      const said = lint(linted);
      best = Math.min(best, (cpuTime() - start) / 1000);
      t.same(said, []);
    }
    return best;
  };
  const few = seconds(1000);
  const many = seconds(10_000);
  t.comment(`1,000 routes ${(few * 1000).toFixed(1)} ms, 10,000 routes ${(many * 1000).toFixed(1)} ms`);
  // A square would be a hundred times.
  t.ok(many < few * 40 + 0.05, `${few} s, then ${many} s`);
  t.end();
});

t.test('a comment takes away the warnings it names, on its line and the one below, and no error', (t) => {
  const at = (line: number, severity: Issue['severity'] = 'warning'): Issue => {
    return { severity, code: 'lint/x', message: '', file: 'f', line, column: 1, pointer: '', fix: '' };
  };
  const text = 'a\n# postern-lint-ignore lint/x, lint/y\nb\nc # postern-lint-ignore lint/y\n';
  const left = withoutIgnored([at(1), at(2), at(3), at(3, 'error'), at(4)], text);
  t.same(
    left.map(({ line, severity }) => `${line} ${severity}`),
    ['1 warning', '3 error', '4 warning'],
  );
  t.end();
});
