// Whatever the text: an answer, never a throw, and never a part of a document.
import t from 'tap';
import { refuses } from '@postern/model';
import { check } from './fixtures.ts';
import fc from '../../../test/kit/properties.ts';

const KEYS = [
  'server',
  'gateway',
  'upstreams',
  'policies',
  'apiGroups',
  'name',
  'plugin',
  'config',
  'routes',
  'path',
  'hosts',
  'skip',
  'select',
  'policy',
  'mode',
  'limits',
  'listen',
  'address',
  'targets',
  'builtin',
  'upstream',
  '__proto__',
  'constructor',
  'toString',
  '',
  'labels',
  'allowOrigins',
  'inherit',
];
const WORDS = [
  'a',
  'inherit',
  'cors',
  'shop',
  'echo',
  '/a/{b}',
  '/*',
  '*.example.com',
  'http://127.0.0.1:1',
  '127.0.0.1:0',
  '${env:SECRET}',
  '${env:NONE}',
  '${',
  '$${',
  '%2e',
  '1s',
  'off',
  '\u0000',
  '\ud800',
];

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<unknown>(...WORDS, null, true, 0, -1, 1.5, 1e21),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('tree')), { maxLength: 5 })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
}));

const YAML = fc.array(
  fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!!str ',
    '? ',
    '<<',
    '#',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '\t',
    '\\',
    'apiGroups',
    'name',
    '\ufeff',
    '\u0085',
    '\r',
  ),
  { maxLength: 60 },
);

function holds(text: string | Uint8Array): void {
  for (const unresolved of ['error', 'warning'] as const) {
    const result = check(text, { unresolved });
    if (result.kind === 'accepted') {
      t.notOk(refuses(result.warnings), 'only warnings stand beside a document');
      for (const group of result.value.groups) for (const route of group.routes) t.ok(group.pipelines[route.pipeline]);
      continue;
    }
    t.ok(refuses(result.issues), 'an error stands against a refused document');
    for (const issue of result.issues) {
      if (issue.line < 1 || issue.column < 1 || issue.message === '') t.fail(JSON.stringify(issue));
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      if (/[\u0000-\u001f]|s3cr3t/.test(issue.message + issue.fix)) t.fail(JSON.stringify(issue));
    }
  }
  t.equal(Reflect.get({}, 'polluted'), undefined);
}

t.test('no tree crashes the check, and no result is partial', (t) => {
  fc.assert(
    fc.property(tree, (value) => holds(JSON.stringify(value) ?? 'null')),
    { numRuns: 1500 },
  );
  t.end();
});

t.test('no document of the right outline crashes the check', (t) => {
  const list = fc.array(tree, { maxLength: 3 });
  const outline = fc.record(
    { server: tree, gateway: tree, upstreams: list, policies: list, apiGroups: list },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(outline, (value) => holds(JSON.stringify(value))),
    { numRuns: 1500 },
  );
  t.end();
});

t.test('no text crashes the check', (t) => {
  fc.assert(
    fc.property(YAML, (parts) => holds(parts.join(''))),
    { numRuns: 4000 },
  );
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), holds), { numRuns: 1000 });
  t.end();
});

t.test('no bytes crash the check', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), holds), { numRuns: 1000 });
  t.end();
});
