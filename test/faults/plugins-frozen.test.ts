// G5 and G6 of reliability.md: what plugins share is frozen, and what they compile is steps or a refusal.
import { test } from 'tap';
import { start } from '../../packages/postern/test/spawn.ts';
import { gatewayFor } from '../kit/gateway.ts';
import { documentOf } from '../kit/policies.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { liveOf, pluginModule, workersFor } from '../kit/workers-process.ts';

/** Writes to whatever it can reach of the document, and tells in a header what it could change. */
const VANDAL = pluginModule(
  'vandal',
  `const tries = {
    config: () => { config.list.push('mine'); },
    below: () => { config.list[0].name = 'mine'; },
    added: () => { config.mine = true; },
    labels: () => { context.labels.team = 'mine'; },
    itself: () => { context.labels = {}; config.list = []; },
  };
  const changed = () => Object.entries(tries).flatMap(([name, attempt]) => {
    try { attempt(); return [name]; } catch (error) { return error instanceof TypeError ? [] : [String(error)]; }
  }).join();
  const first = changed();
  return { response({ response }) { response.headers.set('x-changed', 'compile:' + first + ' step:' + changed()); } };`,
);

const vandal = 'plugin: vandal, labels: { team: ours }, config: { list: [{ name: ours }] }';
/** More than what one thread checks by itself: the document comes over a wire. */
const LONG = `# ${'x'.repeat(70_000)}\n`;

for (const [name, workers, text] of [
  ['one process', 1, ''],
  ['a long document, checked in a thread', 1, LONG],
  ['two workers, which have it from the primary', 2, ''],
] as const)
  test(`G5 no plugin can change a config that it shares with others: ${name}`, async (t) => {
    const gateway = await workersFor(t, {
      workers,
      server: '  plugins: [./vandal.mjs]\n',
      files: { 'vandal.mjs': VANDAL },
      live: liveOf('1', { vandal }) + text,
    });
    const answer = await fetch(gateway.url);
    t.equal(answer.headers.get('x-changed'), 'compile: step:');
  });

/** What `compile` may return that is no policy: with `async` before it, a policy would have been there and done nothing. */
const STRANGE: Readonly<Record<string, () => unknown>> = {
  'throws null': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- what plugins do
    throw null;
  },
  'is asynchronous': async () => ({ request: () => undefined }),
  rejects: () => Promise.reject(new Error('nobody handles this')),
  'never ends': () => new Promise(() => undefined),
  'returns nothing': () => undefined,
  'returns null': () => null,
  'returns a function': () => () => undefined,
  'has a step that is none': () => ({ request: 'yes' }),
  'misspells a step': () => ({ request: () => undefined, reponse: () => undefined }),
  'has a body step without a limit': () => ({ requestBody: { run: () => undefined } }),
  'has a body step without a function': () => ({ responseBody: { limit: 1 } }),
};

test('G6 a document whose plugin compiles to no steps is refused with a reason, and the old one serves', async (t) => {
  const upstream = await upstreamFor(t);
  const strange = {
    name: 'strange',
    summary: 'Of a test',
    single: false,
    owns: [],
    preflight: false,
    config: { type: 'object', additionalProperties: true },
    guards: () => false,
    compile: (config: unknown): never => {
      const { how } = config as { how: string };
      return (how === '' ? {} : STRANGE[how]?.()) as never;
    },
  };
  const live = (how: string): string =>
    documentOf(upstream.url, [`name: strange, plugin: strange, config: { how: "${how}" }`]);
  const gateway = await gatewayFor(t, live(''), [strange]);
  for (const how of Object.keys(STRANGE)) {
    const [code] = await gateway.apply(live(how));
    t.equal(code, how === 'throws null' ? 'plugin/compile-threw' : 'plugin/strange-result', how);
    const issue = gateway.control().refusal?.issues[0];
    t.match(issue?.message, /^policies\.strange(\.config)?: plugin strange (failed to|did not) compile this config/);
    t.equal((await request(gateway.port(), 'GET /')).status, 200);
  }
});

for (const [how, body, reason] of [
  ['throws', `throw new Error('no plugin today')`, /no plugin today/],
  ['throws null', 'throw null', /cannot be loaded/],
  ['rejects', `await Promise.reject(new Error('no plugin today'))`, /no plugin today/],
  ['never ends', 'await new Promise(() => undefined)', /not loaded after 2 s/],
] as const)
  test(`G6 a module that ${how} when it is loaded is refused at its line`, async (t) => {
    const folder = t.testdir({
      'gateway.yaml': `server:\n  plugins: [./broken.mjs]\n${liveOf('1')}`,
      'broken.mjs': `${body};\n${pluginModule('broken', 'return {};')}`,
    });
    const run = start(['run'], { cwd: folder });
    t.teardown(() => void run.child.kill('SIGKILL'));
    t.equal(await run.ended, 1);
    t.match(run.err(), /gateway\.yaml:2:\d+: error: server\.plugins\[0\]: .*\[plugins\/not-loadable\]/);
    t.match(run.err(), reason);
  });
