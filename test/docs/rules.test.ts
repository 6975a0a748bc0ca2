// The rules of docs/policies.md: each has a golden pair in test/manifests/rules, or a test by requests where no document can break it.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'tap';

const FOLDER = 'test/manifests/rules';

/** Rules of what happens at run time, which no document can break: the test that shows each by requests. */
const BY_REQUESTS: readonly (readonly [rule: string, file: string, name: string])[] = [
  ['once/counters', 'test/paths/rules.test.ts', 'what a policy counts is one count, wherever it is attached'],
  [
    'when/not-attached',
    'test/paths/conditions.test.ts',
    'a policy runs where its condition holds, with all its steps, and not at all elsewhere',
  ],
  [
    'when/no-answer',
    'test/paths/conditions.test.ts',
    'a condition without an answer is an error of its policy, once, in its place',
  ],
  [
    'preflight/first',
    'test/paths/rules.test.ts',
    'cors answers a preflight before a guard in front of it, nothing goes upstream, and done steps run',
  ],
  [
    'preflight/only-cors',
    'test/paths/rules.test.ts',
    'cors answers a preflight before a guard in front of it, nothing goes upstream, and done steps run',
  ],
  [
    'preflight/requested-method',
    'test/paths/cors-wire.test.ts',
    'a preflight takes the policy of the route that its method would take',
  ],
  [
    'response/backwards',
    'packages/engine/test/pipeline.test.ts',
    'request steps run in the written order and response steps backwards',
  ],
  [
    'response/everything',
    'test/paths/cors-wire.test.ts',
    'answers that the gateway makes itself carry the CORS headers of the route or group',
  ],
  [
    'response/owner-last',
    'packages/engine/test/pipeline.test.ts',
    'the owner of response headers runs last, wherever it stands, and its headers are its own',
  ],
  [
    'response/front-gate',
    'test/paths/proxy.test.ts',
    'the gate answers what is no request of ours with its own words, and counts it',
  ],
  ['steps/in-order', 'test/paths/steps.test.ts', 'request body steps read the decoded body once and may replace it'],
  [
    'steps/what-was-sent',
    'packages/engine/test/pipeline.test.ts',
    "steps read what the client sent while outgoing edits accumulate, each in its policy's name",
  ],
  [
    'steps/limit',
    'test/paths/steps.test.ts',
    "a request body over a step's limit is 413, also when only its decoded form is",
  ],
  [
    'steps/no-body',
    'test/paths/steps.test.ts',
    "a response over a step's limit is 502; HEAD, 204, 206, 304 and event streams skip body steps",
  ],
  [
    'steps/mended',
    'test/paths/steps.test.ts',
    'response body steps run backwards on the decoded body, and length, ETag and coding are mended',
  ],
  [
    'steps/second-consumer',
    'packages/engine/test/pipeline.test.ts',
    'a second, different consumer is 401, the same one again is not',
  ],
  [
    'match/group-rank',
    'packages/engine/test/router.test.ts',
    'a named host beats a wildcard beats any, and the longest base path wins within',
  ],
  [
    'match/falls-through',
    'packages/engine/test/router.test.ts',
    'a group whose routes do not fit falls through to the next',
  ],
  [
    'match/literal-first',
    'packages/engine/test/router.test.ts',
    'literal beats parameter beats star, pair by pair of path and method',
  ],
  [
    'match/exact',
    'packages/engine/test/router.test.ts',
    'outside a trailing star a path is exact, trailing slash and colon included',
  ],
  ['match/head', 'packages/engine/test/router.test.ts', 'GET implies HEAD, and 405 lists what the path has'],
  [
    'match/no-group',
    'test/paths/proxy.test.ts',
    "404, 405 and 400 of a group carry its CORS headers; 404 of no group runs the gateway's list",
  ],
  ['path/one-form', 'packages/engine/test/target.test.ts', 'a target has one canonical path'],
  [
    'path/ambiguous',
    'packages/engine/test/target.test.ts',
    'a target that two parsers could read differently is refused',
  ],
  ['path/encoded-slash', 'test/paths/proxy.test.ts', 'an encoded slash passes only where the group says so'],
  ['path/joined', 'test/paths/proxy.test.ts', 'base path, target path and query join with exactly one slash'],
  ['wire/query', 'packages/engine/test/target.test.ts', 'the query passes unchanged and is never part of the path'],
  ['wire/host', 'test/paths/proxy.test.ts', "the client's host goes upstream only where preserveHost says so"],
  ['wire/redirects', 'test/paths/rules.test.ts', 'a redirect of the upstream is passed on and not followed'],
  [
    'wire/body',
    'test/paths/steps.test.ts',
    'a body that no step replaces goes upstream in the very bytes the client sent',
  ],
  [
    'fail/static',
    'test/reload/refused.test.ts',
    'refuses each of these, keeps the last good document serving and shows why',
  ],
  [
    'secrets/bus',
    'packages/config/test/from-the-bus.test.ts',
    'references of a document from the bus name only what server.secrets allows',
  ],
];

const page = readFileSync('docs/policies.md', 'utf8');
const [, table = ''] = page.split('<!-- rules -->');
const rules = [...table.matchAll(/^\| `([a-z]+\/[a-z-]+)` \| (.+) \|$/gm)].map(([, id = '']) => id);

test('the page lists every rule once', async (t) => {
  t.ok(rules.length > 60, `${rules.length} rules`);
  t.equal(new Set(rules).size, rules.length);
});

test('every rule is shown by a golden pair or by requests, and there is none beside the page', async (t) => {
  const files = globSync(`${FOLDER}/**/*.in.yaml`).map((file) => file.replaceAll('\\', '/').slice(FOLDER.length + 1));
  const paired = new Set(files.map((file) => file.replace(/\.(?:passes|refuses)\.in\.yaml$/, '')));
  const requested = BY_REQUESTS.map(([rule]) => rule);
  t.same([...paired, ...requested].toSorted(), rules.toSorted());
});

test('of each pair one document is accepted and one refused', async (t) => {
  for (const rule of rules.filter((id) => !BY_REQUESTS.some(([other]) => other === id)))
    for (const [kind, result] of [
      ['passes', 'accepted'],
      ['refuses', 'refused'],
    ] as const) {
      const file = `${FOLDER}/${rule}.${kind}.out.yaml`;
      t.ok(existsSync(file), file);
      t.match(readFileSync(file, 'utf8').split('\n')[0], new RegExp(`^result: ${result}`), file);
    }
});

test('the tests by requests are there', async (t) => {
  for (const [rule, file, name] of BY_REQUESTS) {
    const text = readFileSync(file, 'utf8');
    t.ok(text.includes(`('${name}'`) || text.includes(`("${name}"`) || text.includes(`'${name}',`), `${rule}: ${name}`);
  }
});
