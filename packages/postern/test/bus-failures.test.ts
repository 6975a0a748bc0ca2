import { openBus } from '@postern/source-nats';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet, startNats } from './fleet.ts';
import { run } from './spawn.ts';

const COMMANDS = [
  ['push', 'gateway.yaml'],
  ['rollback', '1'],
  ['status'],
  ['history'],
  ['diff', '1'],
  ['get'],
] as const;

test('every command of the bus helps with examples', needsNats(), async (t) => {
  const cwd = t.testdir({});
  for (const [command] of [...COMMANDS, ['keygen']])
    t.match(
      await run([command, '--help'], { cwd }),
      { code: 0, out: /Examples:\n {2}\$ (?:NATS_URL=\S+ )?postern [^]*Exit codes: 0 / },
      command,
    );
});

test('wrong usage exits 2 and says what is wrong, before anything is connected', needsNats(), async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  const at = ['--nats', 'nats://127.0.0.1:1'];
  for (const [words, message] of [
    [['push', 'gateway.yaml'], /required option '--nats <url>' not specified/],
    [['push', ...at], /missing required argument 'file'/],
    [['push', 'gateway.yaml', ...at, '--expect-revision', 'x'], /A revision is a whole number/],
    [['push', 'gateway.yaml', ...at, '--wait', 'long'], /Write for example 10s/],
    [['push', 'gateway.yaml', ...at, '--wait', '100d'], /Write for example 10s/],
    [['rollback', ...at], /missing required argument 'revision'/],
    [['rollback', '0', ...at], /Revisions count from 1/],
    [['diff', '1', '2', '3', ...at], /too many arguments/],
    [['get', '-1', ...at], /A revision is a whole number/],
    [['status', ...at, '--key', '*'], /A key is like any name/],
    [['status', ...at, '--key', 'a.b'], /A key is like any name/],
    [['history', ...at, '--bucket', 'a b'], /A bucket has letters/],
  ] as const)
    t.match(await run(words, { cwd }), { code: 2, out: '', err: message }, words.join(' '));
});

test(
  'every command says of a server that cannot be reached which it is, and how to mend it',
  needsNats(),
  async (t) => {
    const cwd = t.testdir({ 'gateway.yaml': EDGE });
    for (const words of COMMANDS)
      t.match(
        await run(words, { cwd, environment: { NATS_URL: 'nats://127.0.0.1:1' } }),
        {
          code: 1,
          out: '',
          err: /^postern: nats:\/\/127\.0\.0\.1:1: .*\n {2}fix: start the server, or name another with --nats\n$/,
        },
        words.join(' '),
      );
  },
);

test('every command says of a bucket that is not there which it is, and makes none', needsNats(), async (t) => {
  const environment = { NATS_URL: await startNats(t) };
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  for (const words of COMMANDS)
    t.match(
      await run(words, { cwd, environment }),
      { code: 1, out: '', err: /^postern: bucket postern does not exist\n {2}fix: start a node that follows it/ },
      words.join(' '),
    );
});

test('push --create-bucket makes the buckets that are not there', needsNats(), async (t) => {
  const environment = { NATS_URL: await startNats(t) };
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  const push = ['push', 'gateway.yaml', '--create-bucket'];
  t.match(await run(push, { cwd, environment }), { code: 0, out: /^config\.edge@1 / });
  t.match(await run(push, { cwd, environment }), { code: 0, out: /^config\.edge@2 / });
  const bus = await openBus({ servers: [environment.NATS_URL], name: 'test' });
  t.teardown(() => bus.close());
  await bus.bucket('postern-nodes');
});

test(
  'a revision that is not there, was deleted, or is of another key is named with a way to find the right one',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    t.match(await fleet.postern(['get']), {
      code: 1,
      err: 'postern: bucket postern has no config.edge\n  fix: name the fleet with --key, or publish a document with postern push\n',
    });
    t.match(await fleet.postern(['history']), { code: 1, out: '', err: /has no config\.edge\n {2}fix: / });
    t.strictSame(JSON.parse((await fleet.postern(['history', '--json'])).out), []);
    await fleet.bucket.put('config.edge', Buffer.from(EDGE));
    await fleet.bucket.put('config.west', Buffer.from(EDGE));
    await fleet.bucket.put('config.edge', Buffer.of(0x1f, 0x8b, 1));
    for (const [words, message] of [
      [
        ['get', '99'],
        /bucket postern has no revision 99 of config\.edge: .*\n {2}fix: .* postern history --key edge\n/,
      ],
      [['rollback', '2'], /bucket postern has no revision 2 of config\.edge/],
      [['diff', '1', '3'], /config\.edge@3 holds no document/],
    ] as const)
      t.match(await fleet.postern(words), { code: 1, out: '', err: message }, words.join(' '));
    await fleet.bucket.purge('config.edge');
    t.match(await fleet.postern(['get']), { code: 1, err: /config\.edge@4 is the purge of the key/ });
  },
);

test(
  'user, password and token are taken from flags, from the environment, and from the URL',
  needsNats(),
  async (t) => {
    const config = 'authorization: { user: ada, password: "s3cret/x" }';
    const as = { user: 'ada', password: 's3cret/x' };
    const { url } = await startFleet(t, { config, as });
    const cwd = t.testdir({});
    const host = url.slice('nats://'.length);
    const denied = { code: 1, err: /takes nobody by these credentials\n {2}fix: .*--creds/ };
    t.match(await run(['status', '--nats', url], { cwd }), denied);
    t.match(await run(['status', '--nats', url, '--user', 'ada', '--password', 'wrong'], { cwd }), denied);
    const good = { code: 0, err: '' };
    t.match(await run(['status', '--nats', url, '--user', 'ada', '--password', 's3cret/x'], { cwd }), good);
    t.match(await run(['status', '--nats', `nats://ada:s3cret%2Fx@${host}`], { cwd }), good);
    const environment = { NATS_URL: host, NATS_USER: 'ada', NATS_PASSWORD: 's3cret/x' };
    t.match(await run(['status'], { cwd, environment }), good);
    const token = await startFleet(t, { config: 'authorization: { token: t0ken }', as: { token: 't0ken' } });
    t.match(await run(['status', '--nats', token.url, '--token', 't0ken'], { cwd }), good);
    t.match(await run(['status', '--nats', token.url, '--creds', 'nowhere.creds'], { cwd }), {
      code: 1,
      err: /^postern: nowhere\.creds cannot be read: ENOENT.*\n {2}fix: name a file that is there/,
    });
  },
);
