import { once } from 'node:events';
import { connect } from 'node:net';
import { startAdmin } from '@postern/admin';
import type { Admin } from '@postern/admin';
import type { Cell, CellStatus, ControlStatus } from '@postern/model';
import { test } from 'tap';
import { ask } from './ask.ts';

const CELL: CellStatus = { ready: true, revision: 3, digest: 'abc', liveSnapshots: 1, policies: [] };

const CONTROL: ControlStatus = {
  source: 'file',
  origin: 'gateway.yaml',
  acceptedAt: '2026-01-01T00:00:00.000Z',
  warnings: [],
  refusal: undefined,
  restartNeeded: false,
  reloads: { accepted: 3, refused: 1 },
};

/** Starts an admin port on loopback over a cell that says what the test wants. */
async function start(
  t: { teardown(end: () => unknown): void },
  wanted: {
    token?: string;
    cell?: Partial<CellStatus>;
    control?: Partial<ControlStatus>;
    metrics?: () => Promise<string>;
  } = {},
): Promise<Admin> {
  const cell: Cell = {
    apply: async () => ({ kind: 'accepted', warnings: [] }),
    status: () => ({ ...CELL, ...wanted.cell }),
    metrics: wanted.metrics ?? (async () => 'postern_requests_total 1\n'),
    decisions: async () => [],
    decision: async () => undefined,
  };
  const admin = await startAdmin({
    address: { host: '127.0.0.1', port: 0, token: wanted.token },
    cell,
    control: () => ({ ...CONTROL, ...wanted.control }),
    node: { name: 'edge', version: '1.2.3' },
    log: { error: () => undefined },
  });
  t.teardown(() => admin.close());
  return admin;
}

test('is live and ready while a snapshot serves', async (t) => {
  const { port } = await start(t);
  t.match(await ask(port, '/livez'), { status: 200, text: '{"status":"live"}' });
  t.match(await ask(port, '/readyz?verbose'), { status: 200, text: '{"status":"ready"}' });
});

test('is live and not ready before a snapshot serves and while the gateway drains', async (t) => {
  const { port } = await start(t, { cell: { ready: false } });
  t.match(await ask(port, '/livez'), { status: 200 });
  t.match(await ask(port, '/readyz'), { status: 503, text: '{"status":"not ready"}' });
});

test('shows what the cell, control and the process know, and nothing more', async (t) => {
  const issue = {
    severity: 'error',
    code: 'a/b',
    message: 'no',
    file: 'gateway.yaml',
    line: 4,
    column: 2,
    pointer: '/a',
    fix: 'yes',
  } as const;
  const refusal = { origin: 'gateway.yaml', revision: 4, at: '2026-01-01T00:00:01.000Z', issues: [issue] };
  const { port } = await start(t, { control: { refusal } });
  const { status, text } = await ask(port, '/api/v1/status');
  t.equal(status, 200);
  const { uptimeSeconds, ...report } = JSON.parse(text);
  t.type(uptimeSeconds, 'number');
  t.strictSame(report, {
    node: 'edge',
    version: '1.2.3',
    ready: true,
    revision: 3,
    digest: 'abc',
    liveSnapshots: 1,
    policies: [],
    source: 'file',
    origin: 'gateway.yaml',
    acceptedAt: '2026-01-01T00:00:00.000Z',
    warnings: [],
    restartNeeded: false,
    reloads: { accepted: 3, refused: 1 },
    lastRefusal: refusal,
  });
});

test('says null for a refusal that there is not', async (t) => {
  const { port } = await start(t);
  t.match(JSON.parse((await ask(port, '/api/v1/status')).text), { lastRefusal: null });
});

test('adds what control counts to the metrics of the cell', async (t) => {
  const { port } = await start(t, { control: { restartNeeded: true } });
  const { headers, text } = await ask(port, '/metrics');
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.match(text, /^postern_requests_total 1\n# HELP postern_reloads_total/);
  t.match(text, /\npostern_reloads_total\{result="accepted"\} 3\npostern_reloads_total\{result="refused"\} 1\n/);
  t.match(text, /\npostern_restart_needed 1\n$/);
});

test('asks for the token on all but the two health paths', async (t) => {
  const { port } = await start(t, { token: 's3cret' });
  for (const path of ['/metrics', '/api/v1/status', '/', '/nowhere', '/livez/']) {
    const answer = await ask(port, path);
    t.match(
      answer,
      { status: 401, headers: { 'www-authenticate': /^Bearer/, 'content-type': 'application/problem+json' } },
      path,
    );
  }
  for (const path of ['/livez', '/readyz']) t.equal((await ask(port, path)).status, 200, path);
});

test('takes the right token only', async (t) => {
  const { port } = await start(t, { token: 's3cret' });
  const statusFor = async (authorization: string) =>
    (await ask(port, '/api/v1/status', { headers: { authorization } })).status;
  t.equal(await statusFor('Bearer s3cret'), 200);
  t.equal(await statusFor('bearer s3cret'), 200);
  for (const wrong of [
    '',
    'Bearer',
    'Bearer ',
    'Bearer s3cre',
    'Bearer s3cret2',
    's3cret',
    'Basic s3cret',
    'Bearer S3CRET',
  ])
    t.equal(await statusFor(wrong), 401, wrong);
});

test('answers 404 to unknown paths and 405 to other methods, as problems', async (t) => {
  const { port } = await start(t);
  for (const path of ['/', '/api', '/api/v1/status/', '/LIVEZ', '//livez', '/%6Civez', '/%zz'])
    t.match(await ask(port, path), { status: 404, headers: { 'content-type': 'application/problem+json' } }, path);
  const answer = await ask(port, '/api/v1/status', { method: 'DELETE' });
  t.match(answer, { status: 405, headers: { allow: 'GET, HEAD' } });
  t.match(JSON.parse(answer.text), { status: 405, code: 'admin/method-not-allowed' });
  t.match(await ask(port, '/livez', { method: 'HEAD' }), { status: 200, text: '' });
});

test('turns a request away before its body has come', async (t) => {
  const { port } = await start(t, { token: 's3cret' });
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(
    'POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
  );
  const [head] = await once(socket.setEncoding('utf8'), 'data');
  t.match(head, /^HTTP\/1\.1 401 [^]*connection: close/i);
});

test('answers to names of this machine only, so that no rebound name reads it', async (t) => {
  const { port } = await start(t);
  for (const host of ['localhost', 'LOCALHOST:9901', '127.0.0.1', `127.0.0.1:${port}`, '[::1]', '[::1]:9901'])
    t.equal((await ask(port, '/api/v1/status', { headers: { host } })).status, 200, host);
  for (const host of ['attacker.example', 'localhost.attacker.example', '127.0.0.1.nip.io', 'localhost:x', '10.0.0.1'])
    t.match(await ask(port, '/livez', { headers: { host } }), { status: 403 }, host);
});

test('sends headers that keep its answers out of pages and caches', async (t) => {
  const { port } = await start(t);
  for (const path of ['/livez', '/metrics', '/nowhere']) {
    t.match((await ask(port, path)).headers, {
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': /default-src 'none'/,
    });
  }
});

test('answers a failure with a problem that shows no reason', async (t) => {
  const { port } = await start(t, { metrics: () => Promise.reject(new Error('a secret reason')) });
  const answer = await ask(port, '/metrics');
  t.match(answer, { status: 500, headers: { 'content-type': 'application/problem+json' } });
  t.notMatch(answer.text, /secret reason/);
});

test('refuses to listen beyond loopback without a token, and says when an address is taken', async (t) => {
  const { port } = await start(t);
  const options = {
    cell: {
      apply: async () => ({ kind: 'accepted', warnings: [] }) as const,
      status: () => CELL,
      metrics: async () => '',
      decisions: async () => [],
      decision: async () => undefined,
    },
    control: () => CONTROL,
    node: { name: 'edge', version: '1' },
    log: { error: () => undefined },
  };
  await t.rejects(startAdmin({ ...options, address: { host: '0.0.0.0', port: 0, token: undefined } }), {
    message: /without a token/,
  });
  await t.rejects(startAdmin({ ...options, address: { host: '127.0.0.1', port, token: undefined } }), {
    code: 'EADDRINUSE',
  });
  const open = await startAdmin({ ...options, address: { host: '0.0.0.0', port: 0, token: 't' } });
  t.equal((await ask(open.port, '/livez', { headers: { host: 'edge.internal' } })).status, 200);
  await open.close();
});

test('closes at once although a socket is held open', async (t) => {
  const admin = await start(t);
  const socket = connect(admin.port, '127.0.0.1');
  await once(socket, 'connect');
  const begun = performance.now();
  await admin.close();
  t.ok(performance.now() - begun < 20_000, 'it is not waited for: a socket may be silent for a minute');
  socket.destroy();
});
