/** P7 of the promises: a process that may have 256 files open. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import type { Test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { oneProcessFor } from '../kit/one-process.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { pluginModule } from '../kit/workers-process.ts';

const OPEN_FILES = 256;
const REQUEST = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

interface Client {
  readonly socket: Socket;
  readonly answers: () => number;
  readonly gone: () => boolean;
}

function clientOf(t: Test, port: number): Client {
  const socket = connect(port, '127.0.0.1');
  let answers = 0;
  let gone = false;
  socket.on('data', (chunk: Buffer) => (answers += chunk.toString('latin1').split('HTTP/1.1 200 ').length - 1));
  socket.on('error', () => undefined);
  socket.once('close', () => (gone = true));
  t.teardown(() => socket.destroy());
  return { socket, answers: () => answers, gone: () => gone };
}

/** Whether a new connection is answered. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(REQUEST);
  const answered = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true)).once('close', () => resolve(false));
  });
  socket.destroy();
  return answered;
}

function liveOf(target: string, version = '1'): string {
  return `upstreams: [{ name: up, targets: ["${target}"] }]
policies: [{ name: version, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }]
apiGroups: [{ name: all, upstream: up, policies: [version] }]
`;
}

test('of 400 connections as many are served as there is room for, and the admin port and reloads are not the ones without', async (t) => {
  const held: (() => void)[] = [];
  let holds = false;
  const upstream = await upstreamFor(t, (_incoming, response) => {
    if (holds) held.push(() => response.end('ok'));
    else response.end('ok');
  });
  const gateway = await oneProcessFor(t, { openFiles: OPEN_FILES, live: liveOf(upstream.url) });
  t.match(gateway.lines.join('\n'), /the limit of open files allows for \d+ connections of clients/);
  const clients = Array.from({ length: 400 }, () => clientOf(t, gateway.port));
  const open = (): number => clients.filter(({ gone }) => !gone()).length;
  await until(
    async () => open() < 150 && (await gateway.metric('postern_connections')) === open(),
    () => `${open()} of 400 connections are open`,
  );
  const served = clients.filter(({ gone }) => !gone());
  t.ok(served.length >= 64, `${served.length} connections are served`);
  t.comment(`${served.length} of 400 connections are served, ${gateway.open()} files are open`);
  // All of them have a request at the upstream at once: what uses the most files.
  holds = true;
  for (const { socket } of served) socket.write(REQUEST);
  await until(
    async () => held.length === served.length,
    () => `${held.length} requests came to the upstream`,
  );
  t.ok(gateway.open() < OPEN_FILES - 24, `${gateway.open()} files are open`);
  const ready = await Promise.all(Array.from({ length: 10 }, () => fetch(`${gateway.admin}/readyz`)));
  t.ok(
    ready.every(({ status }) => status === 200),
    'the admin port answers, on ten new connections',
  );
  const dropped = await gateway.metric('postern_connections_dropped_total');
  t.ok(dropped >= 400 - served.length, `${dropped} connections were closed`);
  t.equal(await gateway.metric('postern_connections'), served.length);
  gateway.write(liveOf(upstream.url, '2'));
  await until(async () => (await gateway.metric('postern_revision')) === 2, 'the reload does not come');
  t.notOk(await answers(gateway.port), 'one more connection is closed');
  holds = false;
  for (const end of held) end();
  await until(async () => served.every((client) => client.answers() === 1), 'not all are answered');
  for (const { socket } of served) socket.write(REQUEST);
  await until(async () => served.every((client) => client.answers() === 2), 'they do not go on');
  const again = await fairly(2_000, async () => {
    for (const { socket } of clients) socket.destroy();
    const begun = performance.now();
    while (!(await answers(gateway.port))) await wait(10);
    return performance.now() - begun;
  });
  t.ok(again.held, `new connections are served again after ${again.took}`);
  t.ok(gateway.lines.some((line) => /"level":"warn".*connections? w(as|ere) closed: there are \d+/.test(line)));
});

// What takes the files is not always a client: here a plugin does, until the system gives no more.
const HOG = pluginModule(
  'hog',
  `const { openSync, closeSync } = process.getBuiltinModule('node:fs');
  const open = [];
  const more = () => { try { for (;;) open.push(openSync('/dev/null')); } catch { return open.length; } };
  let timer;
  return { request({ request, now }) {
    if (request.path === '/hog') { more(); timer = setInterval(more, 1); }
    if (request.path === '/free') { clearInterval(timer); while (open.length > 0) closeSync(open.pop()); }
  } };`,
);

test('a process without a single file left keeps its connections, turns new ones away, and serves them again once there are some', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await oneProcessFor(t, {
    openFiles: OPEN_FILES,
    server: '  plugins: [./hog.mjs]\n',
    files: { 'hog.mjs': HOG },
    live: `upstreams: [{ name: up, targets: ["${upstream.url}"] }, { name: inside, builtin: echo }]
policies: [{ name: hog, plugin: hog, config: {} }]
apiGroups:
  - { name: inside, basePath: /inside, upstream: inside }
  - { name: all, upstream: up, policies: [hog] }
`,
  });
  const client = clientOf(t, gateway.port);
  let expected = 0;
  const ask = async (path: string): Promise<void> => {
    expected += 1;
    client.socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await until(async () => client.answers() === expected, `no answer to ${path}`);
  };
  await ask('/');
  // What was open for a moment while it took the rest is free again.
  await until(async () => {
    await ask('/hog');
    return gateway.open() === OPEN_FILES;
  }, 'there are files left');
  await ask('/inside/1');
  await ask('/');
  const begun = performance.now();
  t.notOk(await answers(gateway.port), 'a new connection is closed');
  // Whatever the process looks at now and then, its memory for one, it cannot open a file to do so.
  await wait(1_000);
  await ask('/');
  t.ok(performance.now() - begun < 30_000, 'and does not wait');
  await ask('/free');
  const again = await fairly(2_000, async () => {
    const from = performance.now();
    while (!(await answers(gateway.port))) await wait(10);
    return performance.now() - from;
  });
  t.ok(again.held, `new connections are served again after ${again.took}`);
  t.equal((await fetch(`${gateway.admin}/readyz`)).status, 200);
});
