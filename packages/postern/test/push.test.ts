import { gunzipSync } from 'node:zlib';
import { digestOf } from '@postern/control';
import { test } from 'tap';
import { EDGE, startFleet } from './fleet.ts';

const ISSUE = {
  severity: 'error',
  code: 'upstream/tls-unreadable',
  message: 'there is no\u001b[31m file',
  file: 'config.edge@2',
  line: 7,
  column: 3,
  pointer: '/upstreams/0',
  fix: 'put it there',
};

test('push publishes the file as it is, with author and message, and says that no node listens', async (t) => {
  const fleet = await startFleet(t);
  const pushed = await fleet.postern(['push', 'gateway.yaml', '--message', 'the\nfirst ü']);
  t.strictSame(pushed, {
    code: 0,
    out: 'config.edge@1 is published, the first document\nno node listens: the first one that does will read this revision\n',
    err: '',
  });
  const entry = await fleet.bucket.get('config.edge');
  t.equal(Buffer.from(entry?.bytes ?? []).toString(), EDGE);
  t.match(entry?.headers, { 'Postern-Author': 'ada', 'Postern-Message': 'the first ü' });
});

test('push waits until every node that is there has answered, a line for each', async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a');
  await fleet.say('b');
  fleet.answer('a');
  const started = fleet.start(['push', 'gateway.yaml', '--wait', '20s']);
  while (!started.out().includes('a: accepted revision 1\n')) await new Promise((go) => setTimeout(go, 10));
  t.notMatch(started.out(), /b:|of 2 nodes/);
  await fleet.say('b', { revision: 1 });
  t.equal(await started.ended, 0);
  t.match(started.out(), /\nb: accepted revision 1\n2 of 2 nodes accepted revision 1\n$/);
  t.match(started.err(), /^waiting for b$/m);
});

test('push exits 1 when a node refuses, and shows its issues', async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  await fleet.say('a');
  await fleet.say('b');
  fleet.answer('a');
  fleet.answer('b', { state: 'refused', issues: [ISSUE] });
  const { code, out } = await fleet.postern(['push', 'gateway.yaml']);
  t.equal(code, 1);
  t.match(
    out,
    'b: refused revision 2\n  config.edge@2:7:3: error: there is no [31m file [upstream/tls-unreadable]\n    fix: put it there\n',
  );
  t.match(out, /\n1 of 2 nodes accepted revision 2, 1 refused it; who refused goes on with what it served before\n$/);
});

test('push exits 1 when the wait ends, and names who said nothing', async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a');
  await fleet.say('slow', { revision: 99 });
  fleet.answer('a');
  const { code, out } = await fleet.postern(['push', 'gateway.yaml', '--wait', '700ms']);
  t.equal(code, 1);
  t.match(out, /\n1 of 2 nodes accepted revision 1; slow said nothing within 0\.7 s\n {2}fix: .*postern status/);
});

test('push reckons with a node that comes during the wait, and not with one that takes itself out', async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('old');
  const started = fleet.start(['push', 'gateway.yaml', '--wait', '20s']);
  while (!started.err().includes('waiting for old')) await new Promise((go) => setTimeout(go, 10));
  await fleet.say('new');
  while (!started.err().includes('waiting for new, old')) await new Promise((go) => setTimeout(go, 10));
  const nodes = await fleet.bus.bucket('postern-nodes');
  await nodes.purge('node.edge.old');
  await fleet.say('new', { revision: 1 });
  t.equal(await started.ended, 0);
  t.match(started.out(), /\n1 of 1 node accepted revision 1\n$/);
});

test('push takes a node that serves this very document, or went on to a later one, for an answer', async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('same');
  await fleet.say('later');
  fleet.answer('same', { revision: 0, digest: digestOf({ text: EDGE }) });
  fleet.answer('later', { revision: 5 });
  const { code, out } = await fleet.postern(['push', 'gateway.yaml']);
  t.equal(code, 0);
  t.match(out, 'later: accepted revision 5, published after 1\n');
  t.match(out, '2 of 2 nodes accepted revision 1\n');
});

test('push prints what changes since the newest revision, in words and as data', async (t) => {
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

test('push checks first and publishes nothing that the check refuses; what cannot be resolved here is a warning', async (t) => {
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
});

test('push goes through only when the newest revision is the expected one', async (t) => {
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

test('push publishes again over a key that was deleted', async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  await fleet.bucket.purge('config.edge');
  t.match(await fleet.postern(['push', 'gateway.yaml']), { code: 0, out: /^config\.edge@3 is published, the first/ });
});

test('push sends a document above 256 KiB gzip-ed, and every command reads it as it was', async (t) => {
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

test('push reads bucket and key from the server section where the command line does not name them', async (t) => {
  const fleet = await startFleet(t);
  await fleet.bus.bucket('other', { history: 8 });
  const source = `source: { nats: { servers: ["${fleet.url}"], bucket: other, key: west } }`;
  const cwd = t.testdir({ 'gateway.yaml': EDGE.replace('name: edge\n', `name: edge\n  ${source}\n`) });
  const environment = { NATS_URL: fleet.url };
  const { run } = await import('./spawn.ts');
  t.match(await run(['push', 'gateway.yaml'], { cwd, environment }), { code: 0, out: /^config\.west@1 / });
  t.ok(await (await fleet.bus.bucket('other')).get('config.west'));
  t.match(await run(['push', 'gateway.yaml', '--bucket', 'postern', '--key', 'k'], { cwd, environment }), {
    code: 0,
    out: /^config\.k@1 /,
  });
});

test('push --wait 0 waits for nobody', async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a');
  t.match(await fleet.postern(['push', 'gateway.yaml', '--wait', '0']), { code: 0, out: /nobody was waited for/ });
});
