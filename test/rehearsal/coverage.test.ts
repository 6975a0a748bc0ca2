import type { Decision } from '@postern/model';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { coverageOf, rehearse } from '@postern/engine';
import { inputsFor, stageText } from './stage-text.ts';

const staged = stageText(
  `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: ids, plugin: request-id }
  - { name: mark, plugin: headers, config: { response: { set: { x-a: b } } }, when: "request.method == 'POST'" }
  - { name: other, plugin: access-log }
apiGroups:
  - { name: shop, basePath: /shop, upstream: up, policies: [ids, mark] }
  - { name: rest, basePath: /rest, upstream: up, policies: [other] }
`,
  builtinPlugins,
);

/** The decision on a request of that method: the condition of `mark` holds for POST alone. */
async function decided(method: string): Promise<Decision> {
  return (await rehearse(inputsFor(staged, `${method} http://any.test/shop/x`))).decision;
}

test('without tests nothing is covered, and everything is named with its line', (t) => {
  t.match(coverageOf(staged.document, []), {
    percent: 0,
    policies: [
      { policy: 'ids', line: 3, covered: false },
      { policy: 'mark', line: 4, covered: false },
      { policy: 'other', plugin: 'access-log', line: 5, covered: false },
    ],
    conditions: [{ policy: 'mark', text: "request.method == 'POST'", line: 4, seenTrue: false, seenFalse: false }],
  });
  t.end();
});

test('a policy is covered once a test came to it, a condition once it was seen both true and false', async (t) => {
  const one = coverageOf(staged.document, [await decided('POST')]);
  t.match(one.policies, [{ covered: true }, { covered: true }, { covered: false }]);
  t.match(one.conditions, [{ seenTrue: true, seenFalse: false }]);
  t.equal(one.percent, 60, 'two of three policies, one of two sides');
  const both = coverageOf(staged.document, [await decided('POST'), await decided('GET')]);
  t.match(both.conditions, [{ seenTrue: true, seenFalse: true }]);
  t.equal(both.percent, 80);
});
