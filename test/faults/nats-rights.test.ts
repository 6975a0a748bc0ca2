// docs/live-reload.md lists the rights of a node; a server that enforces them is the proof.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import type { Test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import type { ForeignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import type { NatsServer } from '../kit/nats-server.ts';
import { until } from '../kit/until.ts';
import { busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

const [, rights = ''] = /```text\n(authorization \{[^]*?)```/.exec(readFileSync('docs/live-reload.md', 'utf8')) ?? [];
const AS_NODE = ', user: node, password: change-me, inboxPrefix: _INBOX_node';

async function strictServer(t: Test, config: string): Promise<{ nats: NatsServer; admin: ForeignClient }> {
  const file = join(folderFor(t), 'nats.conf');
  writeFileSync(file, config.replace('users: [', 'users: [\n    { user: admin, password: x }'));
  const nats = await natsServerFor(t, { more: ['-c', file] });
  const admin = await foreignClient(nats.port, { user: 'admin', pass: 'x' });
  t.teardown(() => admin.close());
  for (const [name, more] of [
    ['postern', {}],
    ['postern-nodes', { max_age: 20e9, duplicate_window: 20e9 }],
  ] as const) {
    const config = {
      name: `KV_${name}`,
      subjects: [`$KV.${name}.>`],
      max_msgs_per_subject: 8,
      allow_rollup_hdrs: true,
      ...more,
    };
    await admin.api(`STREAM.CREATE.KV_${name}`, config);
  }
  return { nats, admin };
}

test(
  'a node with the rights of docs/live-reload.md follows, speaks and takes its word back',
  needsNats(),
  async (t) => {
    const { nats, admin } = await strictServer(t, rights);
    const running = await busGateway(t, { servers: [nats.url], more: AS_NODE, node: 'n1', times: { look: 60_000 } });
    await delay(300);
    const start = performance.now();
    await admin.put('postern', 'config.edge', liveOf('one'));
    await running.serves('one');
    t.ok(performance.now() - start < 30_000, 'by the watch, not by the next look');
    const said = () => admin.api('STREAM.MSG.GET.KV_postern-nodes', { last_by_subj: '$KV.postern-nodes.node.edge.n1' });
    const text = async () =>
      Buffer.from(((await said())['message'] as { data?: string }).data ?? '', 'base64').toString();
    await until(async () => (await text()).includes('"revision":1'), 'it does not say so');
    t.match(JSON.parse(await text()), { revision: 1, state: 'accepted' });
    t.same(running.status().warnings, []);
    await running.gateway.close();
    await until(async () => (await text()) === '', 'its word stays');
  },
);

test('N11: a node may not publish documents', needsNats(), async (t) => {
  const { nats } = await strictServer(t, rights);
  const node = await foreignClient(nats.port, { user: 'node', pass: 'change-me' });
  t.teardown(() => node.close());
  await t.rejects(node.put('postern', 'config.edge', liveOf('stolen')), /Permissions Violation/i);
});

test('a right that is missing is named, and the node does what it can without', needsNats(), async (t) => {
  const deaf = rights.replaceAll(/"\$JS\.API\.CONSUMER[^"]*",?/g, '').replace('"$KV.postern-nodes.node.edge.>"', '');
  const { nats, admin } = await strictServer(t, deaf);
  const running = await busGateway(t, { servers: [nats.url], more: AS_NODE });
  await admin.put('postern', 'config.edge', liveOf('one'));
  await running.serves('one');
  const missing = [
    /the right to publish \$JS\.API\.CONSUMER\.CREATE\.KV_postern\S* is missing: changes are seen every/,
    /this node cannot say what it runs: .*the right to publish \$KV\.postern-nodes\.node\.edge\.\S+ is missing/,
  ];
  const { warnings } = await running.shows(
    (status) =>
      status.warnings.length === 2 &&
      missing.every((right) => status.warnings.some(({ message }) => right.test(message))),
  );
  t.match(warnings.map(({ message }) => message).sort(), missing);
  const blind = await busGateway(t, {
    servers: [nats.url],
    more: ', user: node, password: wrong',
    live: liveOf('file'),
  });
  t.equal(await blind.version(), 'file');
  const denied = /takes nobody by these credentials/;
  const seen = await blind.shows((status) => status.warnings.some(({ message }) => denied.test(message)));
  t.match(seen.warnings, [{ message: denied }]);
});

test(
  'a server without the bucket, where the node may not make it, is told by the right that is missing',
  needsNats(),
  async (t) => {
    const { nats, admin } = await strictServer(t, rights);
    await admin.api('STREAM.DELETE.KV_postern');
    const running = await busGateway(t, { servers: [nats.url], more: AS_NODE });
    const message = /the right to publish \$JS\.API\.STREAM\.CREATE\.KV_postern is missing/;
    const { refusal } = await running.shows(
      (status) => status.refusal?.issues.some((issue) => message.test(issue.message)) === true,
    );
    t.match(refusal, {
      issues: [{ message }],
    });
  },
);
