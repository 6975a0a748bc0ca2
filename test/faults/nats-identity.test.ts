// Who a node is towards the server, and whom it trusts there: against servers that are strict about both.
import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { certificatesIn, nkeyIn, testOperator } from '../kit/nats-identity.ts';
import { natsBinaries, natsServerFor, needsNats } from '../kit/nats-server.ts';
import type { NatsServer } from '../kit/nats-server.ts';
import { openBus } from '@postern/source-nats';
import type { BusOptions } from '@postern/source-nats';
import { until } from '../kit/until.ts';
import { busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

async function configured(t: Test, config: string, binary?: string): Promise<NatsServer> {
  const file = join(folderFor(t), 'nats.conf');
  writeFileSync(file, config);
  return natsServerFor(t, { more: ['-c', file], ...(binary && { binary }) });
}

/** Publishes as whoever the options say. */
async function put(options: Omit<BusOptions, 'name'>, text: string): Promise<void> {
  const bus = await openBus({ ...options, name: 'test' });
  await (await bus.bucket('postern', { history: 8 })).put('config.edge', Buffer.from(text));
  await bus.close();
}

for (const binary of natsBinaries()) {
  test(`a node speaks TLS, shows its own certificate, and names a wrong authority (${binary})`, async (t) => {
    const folder = folderFor(t);
    const { ca, server, client } = await certificatesIn(folder);
    const files = `cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${ca}"`;
    const nats = await configured(t, `tls { ${files}, verify: true }`, binary);
    const servers = [nats.url.replace('nats:', 'tls:')];
    await put({ servers, tls: { ca, ...client } }, liveOf('one'));
    const own = `cert: "${client.cert}", key: "${client.key}"`;
    const running = await busGateway(t, { servers, more: `, tls: { ca: "${ca}", ${own} }` });
    await running.serves('one');
    await put({ servers: [nats.url], tls: { ca, ...client } }, liveOf('two'));
    await running.serves('two');

    const other = (await certificatesIn(folderFor(t))).ca;
    for (const [tls, message] of [
      [`{ ca: "${other}", ${own} }`, /: the certificate of the server is not trusted: /],
      [`{ ca: "${ca}" }`, /: the server says nothing: .* asks for a certificate and sees none/],
      [`{ ca: "${folder}/none.pem" }`, /: the files of TLS cannot be used: .*none\.pem/],
      [`{ ca: "${ca}", cert: "${client.cert}", key: "${ca}" }`, /: the files of TLS cannot be used: /],
    ] as const) {
      const stranger = await busGateway(t, { servers, more: `, tls: ${tls}`, live: liveOf('file') });
      t.equal(await stranger.version(), 'file', 'it serves what it has');
      await stranger.shows(({ warnings }) => warnings.some((warning) => message.test(warning.message)));
      t.match(
        stranger.status().warnings,
        [{ message, fix: /server\.source\.nats.*; the gateway goes on trying$/ }],
        tls,
      );
      await stranger.gateway.close();
    }
  });

  test(`a node is known by its nkey, its token, or its user, and a wrong one is said so (${binary})`, async (t) => {
    const folder = folderFor(t);
    const [right, wrong] = [nkeyIn(folder, 'right.nk'), nkeyIn(folder, 'wrong.nk')];
    const denied = /: the server takes nobody by these credentials: newer documents/;
    for (const [config, good, bad] of [
      [`authorization { users: [{ nkey: ${right.publicKey} }] }`, { nkey: right.file }, { nkey: wrong.file }],
      ['authorization { token: t0ken }', { token: 't0ken' }, { token: 'other' }],
      ['authorization { user: ada, password: x }', { user: 'ada', password: 'x' }, { user: 'ada', password: 'y' }],
    ] as const) {
      const nats = await configured(t, config, binary);
      const servers = [nats.url];
      const flags = (identity: object): string => `, ${JSON.stringify(identity).slice(1, -1)}`;
      await put({ servers, ...good }, liveOf('bus'));
      const running = await busGateway(t, { servers, more: flags(good) });
      await running.serves('bus');
      const stranger = await busGateway(t, { servers, more: flags(bad), live: liveOf('file') });
      t.equal(await stranger.version(), 'file');
      const { warnings } = await stranger.shows((status) =>
        status.warnings.some(({ message }) => denied.test(message)),
      );
      t.match(warnings, [{ message: denied, fix: /^give the node other credentials/ }]);
      for (const { gateway } of [running, stranger]) await gateway.close();
    }
  });

  test(`credentials that run out are replaced while the node runs, and nothing is restarted (${binary})`, async (t) => {
    const operator = testOperator();
    const nats = await configured(t, operator.config, binary);
    const folder = folderFor(t);
    const admin = { servers: [nats.url], credentials: operator.credentials(join(folder, 'admin.creds')) };
    await put(admin, liveOf('one'));
    // Long enough for a start on a busy machine.
    const file = operator.credentials(join(folder, 'node.creds'), 8);
    const running = await busGateway(t, { servers: [nats.url], more: `, credentials: "${file}"` });
    await running.serves('one');
    const expired = /: the server takes .*: .*node\.creds expired at \d{4}-/;
    await running.shows(({ warnings }) => warnings.some(({ message }) => expired.test(message)));
    await put(admin, liveOf('two'));
    t.equal(await running.version(), 'one');
    // A file that is half written, or wrong, is passed over; then comes the good one.
    writeFileSync(file, '-----BEGIN NATS USER JWT-----\n');
    renameSync(operator.credentials(join(folder, 'next.creds')), file);
    await running.serves('two');
    await running.shows(({ warnings }) => warnings.length === 0);
  });
}

test(
  'a node whose credentials are missing or no such thing serves what it has, and takes them when they come',
  needsNats(),
  async (t) => {
    const operator = testOperator();
    const nats = await configured(t, operator.config);
    const folder = folderFor(t);
    const good = operator.credentials(join(folder, 'good.creds'));
    await put({ servers: [nats.url], credentials: good }, liveOf('bus'));
    const file = join(folder, 'node.creds');
    const more = `, credentials: "${file}"`;
    const running = await busGateway(t, { servers: [nats.url], more, live: liveOf('file') });
    t.equal(await running.version(), 'file');
    const absent = /node\.creds cannot be read: ENOENT/;
    const { warnings: said } = await running.shows(({ warnings }) =>
      warnings.some(({ message }) => absent.test(message)),
    );
    t.match(said, [
      {
        message: absent,
        fix: /^put a good file there, or name another under server\.source\.nats/,
      },
    ]);
    writeFileSync(file, 'SUAsecretsecretsecret');
    await running.shows(({ warnings }) =>
      warnings.some(({ message }) => message.includes('does not hold what it should')),
    );
    t.notMatch(running.lines.join('\n'), 'secretsecret', 'what the file holds is shown nowhere');
    copyFileSync(good, file);
    await running.serves('bus');
    await running.shows(({ warnings }) => warnings.length === 0);

    await until(async () => existsSync(running.lastGood), 'nothing was kept');
    await running.gateway.close();
    rmSync(file);
    const again = await busGateway(t, { servers: [nats.url], more, folder: running.folder, live: liveOf('file') });
    t.equal(await again.version(), 'bus', 'the last good document serves');
    const status = await again.shows(({ warnings }) => warnings.some(({ message }) => absent.test(message)));
    t.match(status, { via: /^from the last good file/, warnings: [{ message: absent }] });
    renameSync(operator.credentials(join(folder, 'later.creds')), file);
    await again.shows(({ via, warnings }) => via === undefined && warnings.length === 0);
  },
);

test('tls:// never goes on in the clear, and a certificate for another address is refused', needsNats(), async (t) => {
  const plain = await natsServerFor(t);
  const servers = [plain.url.replace('nats:', 'tls:')];
  await t.rejects(openBus({ servers, name: 'test' }), { kind: 'tls', message: /the server speaks no TLS/ });
  for (const [address, host, good] of [
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.9', '127.0.0.1', false],
    ['127.0.0.1', 'localhost', false],
  ] as const) {
    const { ca, server } = await certificatesIn(folderFor(t), address);
    const nats = await configured(t, `tls { cert_file: "${server.cert}", key_file: "${server.key}" }`);
    const opening = openBus({ servers: [`nats://${host}:${nats.port}`], name: 'test', tls: { ca } });
    if (good) await (await opening).close();
    else await t.rejects(opening, { kind: 'tls', message: /is not trusted: .*altnames/ }, `${address} for ${host}`);
  }
});

test(
  'files of TLS that are replaced by bad ones are named when the server comes back, and good ones are taken',
  needsNats(),
  async (t) => {
    const folder = folderFor(t);
    const { ca, server, client } = await certificatesIn(folder);
    const files = `cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${ca}"`;
    const nats = await configured(t, `tls { ${files}, verify: true }`);
    await put({ servers: [nats.url], tls: { ca, ...client } }, liveOf('one'));
    const own = join(folder, 'own.pem');
    copyFileSync(ca, own);
    const tls = `, tls: { ca: "${own}", cert: "${client.cert}", key: "${client.key}" }`;
    const running = await busGateway(t, { servers: [nats.url], more: tls });
    await running.serves('one');
    copyFileSync((await certificatesIn(folderFor(t))).ca, own);
    await nats.kill();
    await nats.start();
    const untrusted = /: the certificate of the server is not trusted: .*: newer documents of config\.edge/;
    await running.shows(({ warnings }) => warnings.some(({ message }) => untrusted.test(message)));
    t.equal(await running.version(), 'one');
    await put({ servers: [nats.url], tls: { ca, ...client } }, liveOf('two'));
    copyFileSync(ca, own);
    await running.serves('two');
    await running.shows(({ warnings }) => warnings.length === 0);
  },
);
