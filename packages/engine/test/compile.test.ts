import type { Candidate, CheckedDocument, Plugin } from '@postern/model';
import { test } from 'tap';
import { compileSnapshot, Sharing } from '../src/index.ts';
import type { Snapshot } from '../src/index.ts';
import { checkDocument } from '@postern/config';

const events: string[] = [];
const plugin: Plugin = {
  name: 'mark',
  summary: 'Marks',
  single: false,
  preflight: false,
  owns: [],
  config: { type: 'object', properties: { tag: { type: 'string' } }, additionalProperties: false },
  guards: () => false,
  compile: (config, context) => {
    const tag = JSON.stringify(config);
    if (tag.includes('bad'))
      return [{ severity: 'error', code: 'mark/bad', path: ['tag'], message: 'bad tag', fix: 'another' }];
    events.push(`compile ${context.policy} ${tag}`);
    context.warn({ code: 'mark/warned', path: ['tag'], message: 'a warning', fix: '' });
    return { request: () => undefined, close: () => void events.push(`close ${context.policy} ${tag}`) };
  },
};
const plugins = new Map([[plugin.name, plugin]]);

function documentOf(text: string): CheckedDocument {
  const known = {
    plugins,
    environment: { variable: () => undefined, file: () => undefined },
    unresolved: 'error',
  } as const;
  const result = checkDocument({ text, origin: 'gateway.yaml', revision: 1 }, known);
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.issues));
  return result.value;
}

const none = (): void => undefined;
function sharing(): Sharing {
  return new Sharing({
    counter: () => none,
    outcomes: () => ({ refused: none, responded: none, failed: none }),
    write: none,
  });
}

function compile(
  text: string,
  shared: Sharing,
  previous?: Snapshot,
): ReturnType<ReturnType<typeof compileSnapshot>['next']>['value'] {
  const candidate: Candidate = { document: documentOf(text), revision: 1, digest: 'd' };
  const steps = compileSnapshot(candidate, { plugins, sharing: shared, previous });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

function snapshotOf(text: string, shared: Sharing, previous?: Snapshot): Snapshot {
  const result = compile(text, shared, previous);
  if (result?.kind !== 'accepted') throw new Error(JSON.stringify(result));
  return result.value;
}

const text = (tag: string, more = ''): string => `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: a, plugin: mark, config: { tag: ${tag} } }
  - { name: b, plugin: mark }
apiGroups:
  - name: one
    basePath: /one
    upstream: up
    policies: [a]
    routes:
      - { name: r1, path: /1 }
      - { name: r2, path: /2, policies: [b] }
      - { name: r3, path: /3, policies: [b] }
  - { name: two, basePath: /two, upstream: up, policies: [a, b]${more} }
`;

test('routes that run the same policies in the same order share one pipeline, across groups', async (t) => {
  const [one, two] = snapshotOf(text('x'), sharing()).router.tables;
  t.equal(one?.pipelines.length, 3);
  t.equal(one?.pipelines[1], one?.pipelines[2]);
  t.equal(one?.pipelines[1], two?.own);
  t.not(one?.own, two?.own);
});

test('a reload keeps the trees and instances that did not change, and only those', async (t) => {
  const shared = sharing();
  const first = snapshotOf(text('x'), shared);
  events.length = 0;
  const second = snapshotOf(text('x', ', routes: [{ name: only, path: /only }]'), shared, first);
  t.same(events, [], 'no policy was compiled again');
  t.equal(second.router.tables[0]?.tree, first.router.tables[0]?.tree);
  t.not(second.router.tables[1]?.tree, first.router.tables[1]?.tree);
  const third = snapshotOf(text('y'), shared, second);
  t.same(events, ['compile a {"tag":"y"}']);
  first.retire();
  await Promise.resolve();
  t.same(events, ['compile a {"tag":"y"}'], 'the second snapshot still has the policy');
  second.retire();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(events, ['compile a {"tag":"y"}', 'close a {"tag":"x"}']);
  third.retire();
});

test('where a refusal stands follows the document, also for an instance that an earlier one made', async (t) => {
  const shared = sharing();
  const first = snapshotOf(text('x'), shared);
  const second = snapshotOf(`# a line\n# another\n${text('x')}`, shared, first);
  t.equal(first.router.tables[0]?.own.attachments[0]?.where, 'gateway.yaml:3');
  t.equal(second.router.tables[0]?.own.attachments[0]?.where, 'gateway.yaml:5');
  t.equal(second.router.tables[0]?.own.attachments[0]?.instance, first.router.tables[0]?.own.attachments[0]?.instance);
});

test('a refused candidate names every problem at its place and leaves nothing behind', async (t) => {
  const shared = sharing();
  events.length = 0;
  const result = compile(text('bad'), shared);
  t.match(result, {
    kind: 'refused',
    issues: [
      {
        code: 'mark/bad',
        file: 'gateway.yaml',
        line: 3,
        pointer: '/policies/0/config/tag',
        message: /^policies\.a\.config\.tag: bad tag/,
      },
      { code: 'mark/warned', severity: 'warning' },
    ],
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.same(events, ['compile b {}', 'close b {}'], 'what was compiled for it is closed');
});

test('every policy is compiled, attached or not, and one that is off is not', async (t) => {
  events.length = 0;
  snapshotOf(text('x').replace('name: b, plugin: mark', 'name: b, plugin: mark, mode: off'), sharing());
  t.same(
    events.map((event) => event.split(' ')[1]),
    ['a'],
  );
});

test('a policy is compiled once for each mode that a list runs it in, and its issues are said once', async (t) => {
  const both = (mode: string, tag: string): string => `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: a, plugin: mark, mode: ${mode}, config: { tag: ${tag} } }]
apiGroups:
  - { name: one, basePath: /one, upstream: up, policies: [{ policy: a, mode: enforce }] }
  - { name: two, basePath: /two, upstream: up, policies: [{ policy: a, mode: shadow }] }
`;
  for (const mode of ['enforce', 'shadow', 'off']) {
    events.length = 0;
    const shared = sharing();
    const result = compile(both(mode, 'x'), shared);
    if (result?.kind !== 'accepted') throw new Error(JSON.stringify(result));
    t.equal(events.length, 2, mode);
    t.same(
      result.warnings.map(({ code }) => code),
      ['mark/warned'],
    );
    result.value.retire();
    await new Promise((resolve) => setTimeout(resolve, 1));
    t.equal(events.filter((event) => event.startsWith('close')).length, 2, 'both are closed');
    const refused = compile(both(mode, 'bad'), sharing());
    t.equal(refused?.kind, 'refused');
    if (refused?.kind === 'refused')
      t.same(
        refused.issues.map(({ code }) => code),
        ['mark/bad'],
      );
  }
});
