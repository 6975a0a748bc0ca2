/** P8 of the promises: a process near the end of its heap sheds, does not die of it, and is well again afterwards. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { oneProcessFor } from '../kit/one-process.ts';
import type { OneProcess } from '../kit/one-process.ts';
import { request } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { pluginModule } from '../kit/workers-process.ts';

/** Holds a quarter of a MiB of the heap for each request to /hold, until a signal says that it is enough. */
const HOLDS = pluginModule(
  'holds',
  `const held = new Map();
  let enough = false;
  process.on('SIGWINCH', () => { enough = true; for (const resolve of held.values()) resolve(undefined); held.clear(); });
  return { request({ request }) {
    if (enough || request.path !== '/hold') return undefined;
    const memory = Array.from({ length: 8 }, () => new Array(4 * 1024).fill(0.5));
    return new Promise((resolve) => held.set(memory, resolve));
  } };`,
);

const LIVE = `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: holds, plugin: holds, config: {}, timeout: 2m }]
apiGroups: [{ name: all, upstream: up, policies: [holds] }]
`;

const quietly = (gateway: OneProcess): Promise<RawAnswer | undefined> =>
  request(gateway.port, 'GET /hold').catch(() => undefined);

for (const mebibytes of [64, 96])
  test(`with ${mebibytes} MiB of heap more work than fits is answered 503, the process lives on and is well again`, async (t) => {
    const gateway = await oneProcessFor(t, {
      flags: [`--max-old-space-size=${mebibytes}`],
      server: '  plugins: [./holds.mjs]\n',
      files: { 'holds.mjs': HOLDS },
      live: LIVE,
    });
    const answers: RawAnswer[] = [];
    let lost = 0;
    const send = async (): Promise<void> => {
      const answer = await quietly(gateway);
      if (answer === undefined) lost += 1;
      else answers.push(answer);
    };
    const waiting: Promise<void>[] = [];
    // Several times as much as there is, as fast as it comes.
    for (let nth = 0; nth < 40; nth += 1) {
      for (let one = 0; one < 25; one += 1) waiting.push(send());
      await wait(10);
    }
    await until(
      async () => answers.length > 500,
      () => `${answers.length} were answered, ${lost} lost`,
    );
    gateway.child.kill('SIGWINCH');
    await Promise.all(waiting);
    const shed = answers.filter(({ status }) => status === 503);
    t.comment(`${shed.length} of 1000 were answered 503, ${lost} were lost`);
    t.same([gateway.child.exitCode, gateway.child.signalCode], [null, null], gateway.lines.slice(-30).join('\n'));
    t.equal(lost, 0);
    t.ok(shed.length > 500);
    t.equal(answers.filter(({ status }) => status === 200).length + shed.length, 1000);
    t.equal(JSON.parse(shed[0]?.body ?? '').code, 'gateway/shedding');
    t.equal(shed[0]?.header('retry-after'), '5');
    t.equal(shed[0]?.header('connection'), 'close');
    await until(async () => (await gateway.metric('postern_shedding')) === 0, 'it sheds on');
    for (let nth = 0; nth < 20; nth += 1) t.equal((await request(gateway.port, 'GET /')).status, 200);
    t.equal((await fetch(`${gateway.admin}/readyz`)).status, 200);
    t.equal(await gateway.metric('postern_gate_total{code="gateway/shedding"}'), shed.length);
    const said = gateway.lines.filter((line) => line.includes('shedding'));
    t.match(said[0], /"level":"warn".*% of the memory are in use/);
    t.match(said.at(-1), /"level":"info".*shedding is over: \d+ s, \d+ requests were answered 503/);
    // A state that is left is not entered again at once: a line for each turn of the load, not for each request.
    t.ok(said.length <= 40, `${said.length} lines`);
  });

/** Keeps so much of the heap from a request to /keep on. */
const KEEPS = pluginModule(
  'keeps',
  `const kept = globalThis.kept ??= [];
  return { request({ request }) {
    if (request.path === '/keep')
      while (kept.length < 32 * config.mebibytes) kept.push(new Array(4 * 1024).fill(0.5));
    return undefined;
  } };`,
);

function keeps(mebibytes: number): string {
  return `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: keeps, plugin: keeps, config: { mebibytes: ${mebibytes} } }]
apiGroups: [{ name: all, upstream: up, policies: [keeps] }]
`;
}

test('near the first mark answers say Connection: close and HTTP/2 is sent away; near the second /readyz is 503 as well', async (t) => {
  const gateway = await oneProcessFor(t, {
    flags: ['--max-old-space-size=256'],
    server: '  plugins: [./keeps.mjs]\n  shedding: { closeAt: 0.4, refuseAt: 0.75 }\n',
    files: { 'keeps.mjs': KEEPS },
    live: keeps(110),
  });
  const before = await fetch(`http://127.0.0.1:${gateway.port}/`);
  t.not(before.headers.get('connection'), 'close');
  await before.text();
  await request(gateway.port, 'GET /keep');
  await until(async () => (await gateway.metric('postern_shedding')) === 1, 'it does not shed');
  const session = connectHttp2(`http://127.0.0.1:${gateway.h2}`);
  t.teardown(() => session.destroy());
  session.on('error', () => undefined);
  await once(session, 'goaway');
  await once(session, 'close');
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/`);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('connection'), 'close');
  await answer.text();
  const ready = await fetch(`${gateway.admin}/readyz`);
  t.equal(ready.status, 200);
  t.same(await ready.json(), { status: 'ready', shedding: 'closing' });
  t.ok((await gateway.metric('postern_memory_share')) > 0.4);
  gateway.write(keeps(175));
  await until(async () => (await gateway.metric('postern_revision')) === 2, 'the reload does not come');
  await request(gateway.port, 'GET /keep');
  await until(async () => (await fetch(`${gateway.admin}/readyz`)).status === 503, 'it is still ready');
  t.equal((await request(gateway.port, 'GET /')).status, 503, 'before any policy runs');
});
