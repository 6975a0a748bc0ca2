import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '@postern/control';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';

const CHANGED = EDGE.replace('yes-it-is', 'changed');
const put = (text: string): Uint8Array => Buffer.from(text);

test('status shows every node with what it runs, and the newest revision', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  t.match(await fleet.postern(['status']), { code: 0, out: 'config.edge holds nothing yet\nno node listens\n' });
  await fleet.postern(['push', 'gateway.yaml', '--message', 'first']);
  const digest = digestOf({ text: EDGE });
  await fleet.say('a', { revision: 1, digest });
  await fleet.say('b', { revision: 0 });
  await fleet.say('c', {
    revision: 1,
    state: 'refused',
    issues: [{ message: 'bad', file: 'f', line: 2, code: 'x/y' }],
    serving: { revision: 0, digest: 'older' },
  });
  await fleet.say('d', { revision: null, state: null, digest: null });
  const { code, out } = await fleet.postern(['status']);
  t.equal(code, 0);
  t.match(
    out.replaceAll(/\d+ s ago/g, 'now'),
    new RegExp(
      [
        '^config\\.edge@1 of \\d{4}-.*Z by ada: first',
        'NODE  STATE     REVISION  DRIFT    SERVES        FROM           VERSION  UP     HEARD',
        `a     accepted  1         -        ${digest.slice(0, 12)}  config\\.edge@1  0\\.1\\.0    5 min  now`,
        'b     accepted  0         behind   none          config\\.edge@1  0\\.1\\.0    5 min  now',
        'c     refused   1         refused  older         config\\.edge@1  0\\.1\\.0    5 min  now',
        'd     -         -         behind   -             config\\.edge@1  0\\.1\\.0    5 min  now',
        'c: f:2: bad \\[x/y\\]',
        '3 of 4 not on the newest\n$',
      ].join('\n'),
    ),
  );
});

test('status --json prints the nodes and the newest revision as data', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  const digest = digestOf({ text: EDGE });
  await fleet.say('a', { revision: 1, digest });
  const { code, out } = await fleet.postern(['status', '--json']);
  t.equal(code, 0);
  const { key, nodes, newest } = JSON.parse(out);
  t.equal(key, 'edge');
  t.match(nodes, [
    {
      node: 'a',
      revision: 1,
      digest,
      state: 'accepted',
      issues: [],
      version: '0.1.0',
      source: 'config.edge@1',
      drift: 'current',
    },
  ]);
  t.match(newest, { revision: 1, digest, author: 'ada', message: null, operation: 'put', signedBy: null });
});

test('status leaves out what is no report, and takes the name of a node from its key only', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a', { node: 'somebody-else' });
  const nodes = await fleet.bus.bucket('postern-nodes');
  for (const text of ['', '[]', '{}', 'null', '{"state":"accepted"}'])
    await nodes.put(`node.edge.n${text.length}`, put(text));
  await nodes.put('node.west.other', put('{"state":"accepted","revision":1}'));
  const { nodes: shown } = JSON.parse((await fleet.postern(['status', '--json'])).out);
  t.same(
    shown.map(({ node }: { readonly node: string }) => node),
    ['a'],
  );
});

test('status --watch shows the status anew whenever something happens, until a signal', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const started = fleet.start(['status', '--watch', '--json']);
  const sees = async (what: string): Promise<void> => {
    while (!started.out().includes(what)) await delay(10);
  };
  await sees('"newest":null');
  await fleet.bucket.put('config.edge', put(EDGE));
  await sees('"revision":1');
  await fleet.say('a', { revision: 1 });
  await sees('"node":"a"');
  started.child.kill('SIGINT');
  t.equal(await started.ended, 0);
  t.equal(started.err(), '');
});

test(
  'history lists the revisions newest first with who, when and what for, also those of foreign clients',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.bucket.put('config.edge', put('# from nats kv put\n'));
    await fleet.postern(['push', 'gateway.yaml', '--message', 'ours', '--author', 'grace']);
    await fleet.bucket.purge('config.west');
    await fleet.bucket.put('config.edge', Buffer.of(0x1f, 0x8b, 1));
    const { code, out } = await fleet.postern(['history', '--json']);
    t.equal(code, 0);
    const rows: readonly Record<string, unknown>[] = JSON.parse(out);
    t.match(rows, [
      { revision: 4, digest: null },
      { revision: 2, author: 'grace', message: 'ours', digest: digestOf({ text: EDGE }) },
      { revision: 1, author: null, message: null, digest: digestOf({ text: '# from nats kv put\n' }) },
    ]);
    const members = ['revision', 'at', 'author', 'message', 'digest', 'operation', 'signedBy'];
    for (const row of rows) t.strictSame(Object.keys(row), members);
    const shown = (await fleet.postern(['history'])).out.split('\n');
    t.match(shown[0], /^REVISION {2}WHEN +WHO +DIGEST +SIGNED BY +MESSAGE$/);
    t.match(shown[2], /^2 {9}\S+Z {2}grace {2}[0-9a-f]{12} {2}- {10}ours$/);
  },
);

test('get writes the document of a revision byte for byte', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.bucket.put('config.edge', put(EDGE));
  await fleet.bucket.put('config.edge', put(CHANGED));
  t.strictSame(await fleet.postern(['get']), { code: 0, out: CHANGED, err: 'config.edge@2\n' });
  t.strictSame(await fleet.postern(['get', '1']), { code: 0, out: EDGE, err: 'config.edge@1\n' });
  t.match(JSON.parse((await fleet.postern(['get', '1', '--json'])).out), { revision: 1, document: EDGE });
});

test('diff shows what changed from one revision to another, or to the newest', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  for (const text of [EDGE, CHANGED, EDGE]) await fleet.bucket.put('config.edge', put(text));
  const path = 'policies.tag.config.response.set.x-tag';
  t.strictSame(await fleet.postern(['diff', '1', '2']), {
    code: 0,
    out: `~ ${path}: "yes-it-is" -> "changed"\nso that policies do something else\n  tag: on shop/list, shop/rest\n`,
    err: 'config.edge@1 to config.edge@2: 1 change\n',
  });
  t.strictSame(await fleet.postern(['diff', '1']), {
    code: 0,
    out: '',
    err: 'config.edge@1 to config.edge@3: no change\n',
  });
  const { out } = await fleet.postern(['diff', '2', '--json']);
  t.strictSame(JSON.parse(out), [
    { kind: 'changed', path, before: 'changed', after: 'yes-it-is' },
    { kind: 'policy', policy: 'tag', routes: ['shop/list', 'shop/rest'] },
  ]);
});

test(
  'rollback publishes an older document again as a new revision, and waits for the fleet',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    for (const text of [EDGE, CHANGED]) await fleet.bucket.put('config.edge', put(text));
    await fleet.say('a');
    fleet.answer('a');
    const { code, out } = await fleet.postern(['rollback', '1']);
    t.equal(code, 0);
    t.match(out, '"changed" -> "yes-it-is"\na: accepted revision 3\n1 of 1 node accepted revision 3\n');
    const entry = await fleet.bucket.get('config.edge');
    t.equal(Buffer.from(entry?.bytes ?? []).toString(), EDGE);
    t.match(entry?.headers, { 'Postern-Author': 'ada', 'Postern-Message': 'rollback to revision 1' });
  },
);
