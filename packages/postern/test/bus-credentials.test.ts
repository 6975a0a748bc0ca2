// By which nkey or credentials a command is known to the server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { nkeyIn, testOperator } from '../../../test/kit/nats-identity.ts';
import { natsBinaries, natsServerFor } from '../../../test/kit/nats-server.ts';
import { EDGE } from './fleet.ts';
import { run } from './spawn.ts';

function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-identity-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gateway.yaml'), EDGE);
  return folder;
}

// What goes wrong is said by the program, not the server: one of them is enough for that, and processes take their time.
const PUSH = ['push', 'gateway.yaml', '--create-bucket'];

for (const binary of natsBinaries()) {
  test(`commands are known by an nkey or credentials, and a wrong one is said so (${binary})`, async (t) => {
    const cwd = folderFor(t);
    const [right, wrong] = [nkeyIn(cwd, 'right.nk'), nkeyIn(cwd, 'wrong.nk')];
    writeFileSync(join(cwd, 'nkey.conf'), `authorization { users: [{ nkey: ${right.publicKey} }] }`);
    const operator = testOperator();
    writeFileSync(join(cwd, 'jwt.conf'), operator.config);
    const good = operator.credentials(join(cwd, 'good.creds'));
    const old = operator.credentials(join(cwd, 'old.creds'), -5);
    const another = testOperator().credentials(join(cwd, 'another.creds'));
    writeFileSync(join(cwd, 'odd.creds'), 'SUAsecret');
    const denied = /: the server takes nobody by these credentials\n {2}fix: .*--creds, --nkey/;
    for (const [config, flag, file, cases] of [
      ['nkey.conf', '--nkey', right.file, [[wrong.file, denied]]],
      [
        'jwt.conf',
        '--creds',
        good,
        [
          [another, denied],
          [old, /takes nobody by these credentials: .*old\.creds expired at \d{4}-.*\n {2}fix: /],
          [
            'odd.creds',
            /^postern: odd\.creds does not hold what it should: .*\n {2}fix: name a file that is there and is/,
          ],
        ],
      ],
    ] as const) {
      const nats = await natsServerFor(t, { more: ['-c', join(cwd, config)], binary });
      const at = ['--nats', nats.url, '--key', 'edge'];
      t.match(await run([...PUSH, ...at, flag, file], { cwd }), { code: 0, out: /^config\.edge@1 is/ }, config);
      t.match(await run(['history', ...at, flag, file], { cwd }), { code: 0, out: /^REVISION/ });
      if (binary !== natsBinaries()[0]) continue;
      for (const [bad, err] of [
        ...cases,
        ['none', /^postern: none cannot be read: ENOENT.*\n {2}fix: name a file/],
      ] as const) {
        const answer = await run(['status', ...at, flag, bad], { cwd });
        t.match(answer, { code: 1, out: '', err }, bad);
        t.notMatch(answer.err, 'SUAsecret');
      }
    }
  });
}
