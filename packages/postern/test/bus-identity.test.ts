// Who a command is towards the server, and whom it trusts there: against servers that are strict about both.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { certificatesIn, nkeyIn, testOperator } from '../../../test/kit/nats-identity.ts';
import { natsBinaries, natsServerFor } from '../../../test/kit/nats-server.ts';
import { EDGE } from './fleet.ts';
import { run } from './spawn.ts';

function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-identity-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gateway.yaml'), EDGE);
  return folder;
}

const PUSH = ['push', 'gateway.yaml', '--create-bucket'];

for (const binary of natsBinaries()) {
  test(`commands speak TLS, show their own certificate, and name a wrong authority (${binary})`, async (t) => {
    const cwd = folderFor(t);
    const { ca, server, client } = await certificatesIn(cwd);
    const files = `cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${ca}"`;
    writeFileSync(join(cwd, 'nats.conf'), `tls { ${files}, verify: true }`);
    const nats = await natsServerFor(t, { more: ['-c', join(cwd, 'nats.conf')], binary });
    const at = ['--nats', nats.url, '--key', 'edge'];
    const own = ['--tls-cert', client.cert, '--tls-key', client.key];
    t.match(await run([...PUSH, ...at, '--tls-ca', ca, ...own], { cwd }), { code: 0, out: /^config\.edge@1 is/ });
    const environment = { NATS_URL: nats.url, NATS_CA: ca, NATS_CERT: client.cert, NATS_KEY: client.key };
    t.match(await run(['get', '--key', 'edge'], { cwd, environment }), { code: 0, out: EDGE });
    const fix = /\n {2}fix: name .* --tls-ca, .*--tls-cert and --tls-key\n$/;
    for (const [words, message] of [
      [own, /: the certificate of the server is not trusted: /],
      [['--tls-ca', ca], /: the server says nothing: .* asks for a certificate and sees none/],
      [['--tls-ca', 'none.pem'], /: the files of TLS cannot be used: .*none\.pem/],
    ] as const) {
      const { code, err } = await run(['status', ...at, ...words], { cwd });
      t.equal(code, 1);
      t.match(err, message);
      t.match(err, fix);
    }
  });

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
