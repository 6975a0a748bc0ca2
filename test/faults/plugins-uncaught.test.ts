// G7 of reliability.md for one process: it drains and ends with 1, and whoever supervises it starts another.
import { test } from 'tap';
import { Client } from 'undici';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { liveOf, pluginModule, workersFor } from '../kit/workers-process.ts';

const FAILS = pluginModule(
  'fails',
  `return { request({ request }) {
    if (request.path === '/throw') setTimeout(() => { throw new Error('nobody catches this'); });
    if (request.path === '/reject') void Promise.reject(new Error('nobody handles this'));
    if (request.path === '/null') void Promise.reject(null);
  } };`,
);

for (const path of ['/throw', '/reject', '/null'])
  test(`G7 an error that nobody catches (${path}), again and again, lets what is in flight end, and ends the process with 1`, async (t) => {
    const held: (() => void)[] = [];
    const upstream = await upstreamFor(t, ({ url }, response) => {
      if (url === '/held') held.push(() => void response.end('held'));
      else response.end('ok');
    });
    const gateway = await workersFor(t, {
      workers: 1,
      server: '  plugins: [./fails.mjs]\n  drainTimeout: 1m\n',
      live: liveOf('1', { fails: 'plugin: fails, config: {}' }).replace(
        'builtin: echo',
        `targets: ["${upstream.url}"]`,
      ),
      files: { 'fails.mjs': FAILS },
    });
    const pending = fetch(`${gateway.url}/held`);
    const others = [fetch(`${gateway.url}/held`), fetch(`${gateway.url}/held`)];
    await until(async () => held.length === 3, 'the requests do not come');
    // Connections that are there stay usable while it drains: a plugin that fails on each request does it again.
    const clients = Array.from({ length: 5 }, () => new Client(gateway.url));
    t.teardown(() => Promise.all(clients.map((client) => client.destroy())));
    const askEach = (path: string): Promise<readonly number[]> =>
      Promise.all(
        clients.map(async (client) => {
          const { statusCode, body } = await client.request({ path, method: 'GET' });
          await body.dump();
          return statusCode;
        }),
      );
    t.same(new Set(await askEach('/')), new Set([200]));
    t.same(new Set(await askEach(path)), new Set([200]), 'a request whose policy fails behind its back is answered');
    await until(async () => gateway.run.out().includes('an error that nobody caught'), 'nobody hears of it');
    t.equal((await fetch(`${gateway.admin}/readyz`)).status, 503, 'nothing new is to be sent here');
    for (const end of held) end();
    const texts = await Promise.all([pending, ...others].map(async (one) => (await one).text()));
    t.same(texts, ['held', 'held', 'held']);
    t.equal(await gateway.run.ended, 1);
    t.match(gateway.run.out(), /nobody (catches|handles) this|rejected|null/);
    t.match(gateway.run.out(), '"msg":"drained"');
  });
