// docs/push.md lists these rights; a server that enforces them is the proof.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { startFleet } from './fleet.ts';
import { run } from './spawn.ts';

const page = readFileSync(new URL('../../../docs/push.md', import.meta.url), 'utf8');
const [, rights = ''] = /```text\n(authorization \{[^]*?)```/.exec(page) ?? [];
const config = rights.replace('users: [', 'users: [\n    { user: admin, password: x }');

test('a publisher with the rights of docs/push.md can use every command', needsNats(), async (t) => {
  const fleet = await startFleet(t, { config, as: { user: 'admin', password: 'x' } });
  const ci = ['--user', 'ci', '--password', 'change-me', '--inbox-prefix', '_INBOX_ci'];
  const cwd = t.testdir({});
  const environment = { NATS_URL: fleet.url, POSTERN_KEY: 'edge' };
  await fleet.say('a');
  const started = fleet.start(['push', 'gateway.yaml', '--wait', '2m', ...ci]);
  while (!started.err().includes('waiting for a')) await delay(10);
  await fleet.say('a', { revision: 1 });
  t.equal(await started.ended, 0, started.err());
  fleet.answer('a');
  for (const words of [['status'], ['history'], ['diff', '1'], ['get'], ['rollback', '1']])
    t.match(await run([...words, ...ci], { cwd, environment }), { code: 0 }, words.join(' '));
  t.match(await fleet.postern(['push', 'gateway.yaml', '--key', 'west', ...ci]), {
    code: 1,
    err: /the right to publish \$KV\.postern\.config\.west is missing\n {2}fix: give the account this right/,
  });
});

test('a reader with the rights of docs/push.md sees everything and publishes nothing', needsNats(), async (t) => {
  const fleet = await startFleet(t, { config, as: { user: 'admin', password: 'x' } });
  const reader = ['--user', 'reader', '--password', 'change-me', '--inbox-prefix', '_INBOX_reader'];
  await fleet.postern(['push', 'gateway.yaml', '--user', 'admin', '--password', 'x']);
  for (const words of [['status'], ['history'], ['diff', '1'], ['get']])
    t.match(await fleet.postern([...words, ...reader]), { code: 0 }, words.join(' '));
  const watching = fleet.start(['status', '--watch', '--json', ...reader]);
  while (!watching.out().includes('"nodes":[]')) await delay(10);
  await fleet.say('late');
  while (!watching.out().includes('"node":"late"')) await delay(10);
  watching.child.kill('SIGINT');
  t.equal(await watching.ended, 0, 'what it may not watch it looks at every few seconds');
  t.equal(watching.err(), '');
  t.match(await fleet.postern(['push', 'gateway.yaml', ...reader]), {
    code: 1,
    err: /the right to publish \$KV\.postern\.config\.edge is missing/,
  });
});
