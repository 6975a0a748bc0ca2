// Whom a command trusts, and what it shows of itself, over TLS both ways.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { certificatesIn } from '../../../test/kit/nats-identity.ts';
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
    if (binary !== natsBinaries()[0]) return;
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
}
