/** P9 of the promises: work of its own that holds the event loop up makes a process shed; that others have the processor does not. */
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { oneProcessFor } from '../kit/one-process.ts';
import { request } from '../kit/raw-client.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { pluginModule } from '../kit/workers-process.ts';

/** Uses so much processor time of its thread in one go, whoever else wants some. */
const WORKS = pluginModule(
  'works',
  `const used = () => { const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage(); return (user + system) / 1000; };
  return { request({ request }) {
    if (request.path === '/work') for (const end = used() + 300; used() < end; );
  } };`,
);

const LIVE = `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: works, plugin: works, config: {}, timeout: 60s }]
apiGroups: [{ name: all, upstream: up, policies: [works] }]
`;

test('a loop that its own work holds up time and again sheds, says so, and is well again when the work is done', async (t) => {
  const gateway = await oneProcessFor(t, {
    server: '  plugins: [./works.mjs]\n  shedding: { eventLoopDelay: 100ms }\n',
    files: { 'works.mjs': WORKS },
    live: LIVE,
  });
  t.equal((await request(gateway.port, 'GET /')).status, 200);
  let over = false;
  const statuses: number[] = [];
  const work = async (): Promise<void> => {
    while (!over) statuses.push((await request(gateway.port, 'GET /work')).status);
  };
  const works = [work(), work(), work()];
  await until(async () => statuses.includes(503), 'it does not shed');
  over = true;
  await Promise.all(works);
  await until(
    async () =>
      gateway.lines.some((line) => /"level":"warn".*its own work holds the event loop up for \d+ ms/.test(line)),
    'it does not say so',
  );
  await until(async () => (await gateway.metric('postern_shedding')) === 0, 'it sheds on');
  t.equal((await request(gateway.port, 'GET /')).status, 200);
});

test('processes that take the processor away make nobody shed, with load and marks as they are by default', async (t) => {
  const gateway = await oneProcessFor(t, {
    live: LIVE.replace(/policies: \[\{.*\n/, '').replace(', policies: [works]', ''),
  });
  t.equal((await request(gateway.port, 'GET /')).status, 200);
  // They end by themselves, whatever becomes of the test.
  const loops = Array.from({ length: 8 }, () =>
    spawn(process.execPath, ['-e', 'for (const end = Date.now() + 20_000; Date.now() < end; );'], { stdio: 'ignore' }),
  );
  t.teardown(() => loops.forEach((loop) => loop.kill('SIGKILL')));
  const load = steadyLoad(`http://127.0.0.1:${gateway.port}`, 200);
  await wait(8_000);
  const { sent, lost } = await load.stop();
  for (const loop of loops) loop.kill('SIGKILL');
  t.ok(sent > 200, `${sent} requests`);
  t.same(lost.slice(0, 5), [], 'none is lost');
  t.equal(await gateway.metric('postern_gate_total{code="gateway/shedding"}'), 0);
  t.notOk(gateway.lines.some((line) => line.includes('shedding')));
});
