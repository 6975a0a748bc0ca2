import { gunzipSync } from 'node:zlib';
import { digestOf } from '@postern/control';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';
import { run } from './spawn.ts';

test('push prints what changes since the newest revision, in words and as data', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  const cwd = t.testdir({ 'gateway.yaml': EDGE.replace('yes-it-is', 'changed') });
  const path = 'policies.tag.config.response.set.x-tag';
  t.match((await fleet.postern(['push', 'gateway.yaml'], cwd)).out, `changes\n~ ${path}: "yes-it-is" -> "changed"\n`);
  t.match((await fleet.postern(['push', 'gateway.yaml'], cwd)).out, 'since revision 2 it changes nothing');
  await fleet.say('a');
  fleet.answer('a');
  const { code, out, err } = await fleet.postern(['push', 'gateway.yaml', '--json']);
  t.equal(code, 0);
  t.match(JSON.parse(out), {
    key: 'edge',
    revision: 4,
    digest: digestOf({ text: EDGE }),
    state: 'accepted',
    nodes: [{ node: 'a', revision: 4, state: 'accepted', issues: [] }],
    silent: [],
    changes: [{ kind: 'changed', path, before: 'changed', after: 'yes-it-is' }],
  });
  t.equal(err, '1 of 1 node accepted revision 4\n');
});

test('push says on which routes other policies run than before, or in another order', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  const cwd = t.testdir({ 'gateway.yaml': EDGE.replace('[tag, inherit]', '[inherit, tag]') });
  t.match(
    (await fleet.postern(['push', 'gateway.yaml'], cwd)).out,
    /\nso that other policies run on 1 route\n {2}shop\/list: tag, log -> log, tag\nno node listens/,
  );
  await fleet.bucket.put('config.edge', Buffer.from(EDGE));
  const { plan } = JSON.parse((await fleet.postern(['push', 'gateway.yaml', '--json'], cwd)).out);
  t.strictSame(plan, [{ route: 'shop/list', before: ['tag', 'log'], after: ['log', 'tag'] }]);
  await fleet.bucket.put('config.edge', Buffer.from('server: { plugins: [./evil.mjs] }\n'));
  t.match(await fleet.postern(['push', 'gateway.yaml', '--json'], cwd), { code: 0, out: '"plan": []' });
});

test(
  'push checks first and publishes nothing that the check refuses; what cannot be resolved here is a warning',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    const cwd = t.testdir({
      'bad.yaml': `${EDGE}polices: []\n`,
      'unset.yaml': EDGE.replace('yes-it-is', '"${env:SET_ON_THE_NODE}"'),
    });
    t.match(await fleet.postern(['push', 'bad.yaml'], cwd), {
      code: 1,
      out: '',
      err: /^bad\.yaml:19:1: error: .*\n {2}fix: .*\nbad\.yaml: 1 error\n$/,
    });
    t.match(await fleet.postern(['push', 'nowhere.yaml'], cwd), { code: 1, err: /does not exist/ });
    t.equal(await fleet.bucket.get('config.edge'), undefined);
    const { code, err } = await fleet.postern(['push', 'unset.yaml'], cwd);
    t.equal(code, 0);
    t.match(err, /^unset\.yaml:10:\d+: warning: .*SET_ON_THE_NODE/);
    t.match(Buffer.from((await fleet.bucket.get('config.edge'))?.bytes ?? []).toString(), '${env:SET_ON_THE_NODE}');
  },
);

test('push goes through only when the newest revision is the expected one', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  t.equal((await fleet.postern(['push', 'gateway.yaml', '--expect-revision', '0'])).code, 0);
  t.match(await fleet.postern(['push', 'gateway.yaml', '--expect-revision', '7']), {
    code: 1,
    out: '',
    err: 'postern: config.edge was expected at revision 7, and the newest is 1\n  fix: see what came in between with postern history, then push again with the revision it shows\n',
  });
  const racing = await Promise.all(
    Array.from({ length: 4 }, () => fleet.postern(['push', 'gateway.yaml', '--expect-revision', '1'])),
  );
  t.equal(racing.filter(({ code }) => code === 0).length, 1);
  t.equal((await fleet.bucket.get('config.edge'))?.revision, 2);
});

test('push publishes again over a key that was deleted', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  await fleet.bucket.purge('config.edge');
  t.match(await fleet.postern(['push', 'gateway.yaml']), { code: 0, out: /^config\.edge@3 is published, the first/ });
});

test('push sends a document above 256 KiB gzip-ed, and every command reads it as it was', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const long = `${EDGE}# ${'x'.repeat(300_000)}\n`;
  const cwd = t.testdir({ 'gateway.yaml': long });
  t.equal((await fleet.postern(['push', 'gateway.yaml'], cwd)).code, 0);
  const { bytes } = (await fleet.bucket.get('config.edge')) ?? { bytes: Buffer.of() };
  t.ok(bytes.length < 10_000);
  t.equal(gunzipSync(bytes).toString(), long);
  t.equal((await fleet.postern(['get'])).out, long);
  const [{ digest }] = JSON.parse((await fleet.postern(['history', '--json'])).out);
  t.equal(digest, digestOf({ text: long }));
});

test(
  'push reads bucket and key from the server section where the command line does not name them',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.bus.bucket('other', { history: 8 });
    const source = `source: { nats: { servers: ["${fleet.url}"], bucket: other, key: west } }`;
    const cwd = t.testdir({ 'gateway.yaml': EDGE.replace('name: edge\n', `name: edge\n  ${source}\n`) });
    const environment = { NATS_URL: fleet.url };
    t.match(await run(['push', 'gateway.yaml'], { cwd, environment }), { code: 0, out: /^config\.west@1 / });
    t.ok(await (await fleet.bus.bucket('other')).get('config.west'));
    t.match(await run(['push', 'gateway.yaml', '--bucket', 'postern', '--key', 'k'], { cwd, environment }), {
      code: 0,
      out: /^config\.k@1 /,
    });
  },
);

test('push --wait 0 waits for nobody', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a');
  t.match(await fleet.postern(['push', 'gateway.yaml', '--wait', '0']), { code: 0, out: /nobody was waited for/ });
});
