// A document that has a live part only, checked as the nodes check it: under the server section of their own file.
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';
import { run } from './spawn.ts';

const PLUGIN = `import { Schema, definePlugin } from '@postern/kit';
export default definePlugin({
  name: 'hello', summary: 'says hello', config: Schema.Object({}), compile: () => ({ request: () => undefined }),
});
`;

const NODE = `server:
  name: west
  listen:
    - { name: inside, address: 127.0.0.1:0 }
    - { name: outside, address: 127.0.0.1:0 }
  admin: { address: 127.0.0.1:0 }
  plugins: [./hello.mjs]
  secrets: { env: ["SHOP_*"] }
  source: { nats: { servers: ["nats://127.0.0.1:4222"], bucket: other } }
`;

const LIVE = `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: hi, plugin: hello }]
apiGroups: [{ name: shop, upstream: up, listeners: [inside], policies: [hi] }]
`;

const FILES = { 'node.yaml': NODE, 'live.yaml': LIVE, 'hello.mjs': PLUGIN };

test('check --server takes listeners, plugins and allowed secrets from the file of a node', async (t) => {
  const cwd = t.testdir({
    ...FILES,
    'listener.yaml': LIVE.replace('inside', 'insde'),
    'secret.yaml': LIVE.replace('builtin: echo', 'targets: ["http://${env:DB_HOST}"]'),
    'whole.yaml': `server: { plugins: [./evil.mjs], listen: [{ name: else, address: ":1" }] }\n${LIVE}`,
    'evil.mjs': 'console.log("EVIL")',
  });
  const check = (...words: readonly string[]) => run(['check', ...words], { cwd });
  t.match(
    await check('live.yaml'),
    { code: 1, out: /no listener[^]*no plugin|insde|hello/ },
    'on its own it is refused',
  );
  t.strictSame(await check('live.yaml', '--server', 'node.yaml'), { code: 0, out: '', err: 'live.yaml: no issues\n' });
  t.match(await check('listener.yaml', '--server', 'node.yaml'), { code: 1, out: /insde.*\n {2}fix: .*inside/ });
  t.match(await check('secret.yaml', '--server', 'node.yaml'), { code: 1, out: /\[reference\/not-allowed\]/ });
  const whole = await check('whole.yaml', '--server', 'node.yaml');
  t.match(whole, { code: 0, out: /^whole\.yaml:1:1: warning: .*\[server\/ignored\]/ });
  t.notMatch(whole.out + whole.err, 'EVIL', 'nothing that would come from the bus loads code');
});

test('check --server says what is wrong with the file of the node, once', async (t) => {
  const cwd = t.testdir({ ...FILES, 'bad.yaml': `${NODE}  polices: []\n` });
  const { code, out, err } = await run(['check', 'live.yaml', 'live.yaml', '--server', 'bad.yaml'], { cwd });
  t.equal(code, 1);
  t.match(out, /^bad\.yaml:\d+:\d+: error: [^\n]*\n {2}fix: [^\n]*\n$/);
  t.equal(err, 'bad.yaml: 1 error\n');
  t.match(await run(['check', 'live.yaml', '--server', 'none.yaml'], { cwd }), {
    code: 1,
    out: /none\.yaml does not exist/,
  });
});

test(
  'push --server checks as the node does, and publishes for the fleet that the node follows',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.bus.bucket('other', { history: 8 });
    const cwd = t.testdir({ ...FILES, 'bad.yaml': LIVE.replace('inside', 'insde') });
    const environment = { NATS_URL: fleet.url };
    t.match(await run(['push', 'live.yaml'], { cwd, environment }), { code: 1, out: '', err: /hello/ });
    const server = ['--server', 'node.yaml'];
    t.match(await run(['push', 'live.yaml', ...server], { cwd, environment }), { code: 0, out: /^config\.west@1 is/ });
    t.match(await run(['push', 'bad.yaml', ...server], { cwd, environment }), { code: 1, out: '', err: /insde/ });
    const entry = await (await fleet.bus.bucket('other')).get('config.west');
    t.equal(Buffer.from(entry?.bytes ?? []).toString(), LIVE, 'the document goes as it is, without the section');
    t.match(await run(['push', 'live.yaml', ...server], { cwd, environment }), { code: 0, out: /it changes nothing/ });
    t.match(await fleet.postern(['push', 'gateway.yaml']), { code: 0 }, EDGE);
  },
);
