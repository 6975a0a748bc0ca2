import { gzipSync } from 'node:zlib';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsBinaries, natsServerFor, needsNats } from '../kit/nats-server.ts';
import { until } from '../kit/until.ts';
import { busGateway, liveOf } from './bus-gateway.ts';

for (const binary of natsBinaries()) {
  test(`a value put by a foreign client reloads a running gateway (${binary})`, async (t) => {
    const nats = await natsServerFor(t, { binary });
    const running = await busGateway(t, { servers: [nats.url] });
    t.equal(await running.version(), '503', 'without a document requests are answered 503');
    t.equal((await fetch(`http://127.0.0.1:${running.gateway.admin?.port}/readyz`)).status, 503);
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    t.equal(await client.put('postern', 'config.edge', liveOf('one')), 1, 'the gateway has made the bucket');
    await running.serves('one');
    t.equal((await fetch(`http://127.0.0.1:${running.gateway.admin?.port}/readyz`)).status, 200);
    t.match(running.status(), { source: 'nats', origin: 'config.edge@1', refusal: undefined });
    await client.put('postern', 'config.edge', liveOf('two'));
    await running.serves('two');
    await client.put('postern', 'config.edge', gzipSync(liveOf('three')));
    await running.serves('three');
    await client.put(
      'postern',
      'config.edge',
      JSON.stringify({ upstreams: [{ name: 'up', builtin: 'echo' }], apiGroups: [{ name: 'all', upstream: 'up' }] }),
    );
    await running.serves('200');
    t.match(running.gateway.cell.status(), { revision: 4 });
  });
}

test('what is put is enforced within milliseconds', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url] });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  let puts = 0;
  const { held, took } = await fairly(100, async () => {
    const times: number[] = [];
    for (let at = 0; at < 15; at += 1) {
      await delay(15);
      const start = performance.now();
      const revision = await client.put('postern', 'config.edge', liveOf(`v${(puts += 1)}`));
      while (running.gateway.cell.status().revision !== revision) await delay(1);
      times.push(performance.now() - start);
    }
    return times.toSorted((one, other) => one - other)[7] ?? Infinity;
  });
  t.ok(held, `median from the put to enforced: ${took}`);
});

test('an invalid document changes nothing and says where it is wrong', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url] });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  await client.put('postern', 'config.edge', liveOf('good'));
  await running.serves('good');
  const bad: readonly (readonly [string | Uint8Array, string])[] = [
    [liveOf('x', 'unknown: 1\n'), 'document/unknown-key'],
    ['{', 'document/syntax'],
    ['', 'document/empty'],
    [gzipSync(liveOf('x')).subarray(0, 40), 'source/broken-gzip'],
    [gzipSync(Buffer.alloc(9 * 1024 * 1024, 'a')), 'source/too-large'],
    [liveOf('${env:OTHER}'), 'reference/not-allowed'],
  ];
  for (const [value, code] of bad) {
    const { held, took } = await fairly(1000, async () => {
      const start = performance.now();
      const revision = await client.put('postern', 'config.edge', value);
      const { refusal } = await running.shows((status) => status.refusal?.revision === revision);
      const refused = performance.now() - start;
      t.match(
        refusal,
        { origin: `config.edge@${revision}`, issues: [{ code, file: `config.edge@${revision}` }] },
        code,
      );
      return refused;
    });
    t.ok(held, `at once: ${took}`);
    t.equal(await running.version(), 'good');
  }
  await client.put('postern', 'config.edge', liveOf('better'));
  await running.serves('better');
  t.equal(running.status().refusal, undefined);
});

test(
  'a server section on the bus is ignored with a warning, and secrets count as the file allows',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const server = '  secrets: { env: ["SHOP_*"] }\n';
    const running = await busGateway(t, { servers: [nats.url], server });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    const port = running.gateway.listeners[0]?.port;
    await client.put(
      'postern',
      'config.edge',
      `server: { listen: [{ name: other, address: ":1" }] }\n${liveOf('${env:SHOP_KEY}')}`,
    );
    await running.serves('allowed');
    t.match(running.status(), { restartNeeded: false, warnings: [{ code: 'server/ignored' }] });
    t.equal(running.gateway.listeners[0]?.port, port);
  },
);

test('the bus comes before the file, whose live part serves until there is a document', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url], live: liveOf('file') });
  await running.serves('file');
  t.match(running.status(), { origin: 'gateway.yaml', via: 'for want of a document from the bus' });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  await client.put('postern', 'config.edge', liveOf('bus'));
  await running.serves('bus');
  t.match(running.status(), { origin: 'config.edge@1', via: undefined });
  const second = await busGateway(t, { servers: [nats.url], live: liveOf('file') });
  t.equal(await second.version(), 'bus', 'another node begins with the bus');
  t.ok(second.lines.some((line) => line.includes('config.edge@1 comes before gateway.yaml, whose live part differs')));
});

test('a node says what became of a document, what it serves, and that it is there', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url], node: 'n1' });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  const report = async (): Promise<Record<string, unknown>> => {
    const found = await client.api('STREAM.MSG.GET.KV_postern-nodes', {
      last_by_subj: '$KV.postern-nodes.node.edge.n1',
    });
    const { data } = found['message'] as { data?: string };
    return data === undefined ? {} : JSON.parse(Buffer.from(data, 'base64').toString());
  };
  const said = async (wanted: object): Promise<Record<string, unknown>> => {
    let now: Record<string, unknown> = {};
    await until(
      async () => {
        now = await report().catch((): Record<string, unknown> => ({}));
        return Object.entries(wanted).every(([name, value]) => JSON.stringify(now[name]) === JSON.stringify(value));
      },
      () => `the node says ${JSON.stringify(now)}`,
    );
    return now;
  };
  await client.put('postern', 'config.edge', liveOf('one'));
  const accepted = await said({ revision: 1, state: 'accepted' });
  t.match(accepted, {
    node: 'n1',
    revision: 1,
    state: 'accepted',
    issues: [],
    source: 'config.edge@1',
    version: String,
    digest: /^[0-9a-f]{64}$/,
  });
  await client.put('postern', 'config.edge', 'nonsense');
  t.match(await said({ revision: 2, state: 'refused' }), {
    issues: [{ code: String, line: 1 }],
    source: 'config.edge@1',
    serving: { revision: 1, digest: accepted['digest'] },
  });
  const { at } = await report();
  await until(async () => (await report())['at'] !== at, 'the heart does not beat');
  const info = await client.api('STREAM.INFO.KV_postern-nodes');
  t.match(info, { config: { max_age: 20e9, max_msgs_per_subject: 1 } }, 'the bucket ages nodes out');
  await running.gateway.close();
  await until(async () => Object.keys(await report()).length === 0, 'a node that ends does not take its word back');
});
