// The same as push.test.ts, with gateways in the place of made-up reports.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keyPair } from '@postern/source-nats';
import type { Test } from 'tap';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';
import type { TestFleet } from './fleet.ts';
import { start, startLine } from './spawn.ts';
import type { Run } from './spawn.ts';

const LIVE = EDGE.slice(EDGE.indexOf('gateway:'));

/** Two gateways that follow the fleet; their own files have a server section only. */
async function startNodes(t: Test, fleet: TestFleet, trusted = '[]'): Promise<readonly Run[]> {
  const file = `server:
  name: edge
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  source: { nats: { servers: ["${fleet.url}"], bucket: postern, key: edge, trustedKeys: ${trusted} } }
`;
  const folder = t.testdir({ one: { 'gateway.yaml': file }, two: { 'gateway.yaml': file }, 'live.yaml': LIVE });
  const nodes = ['one', 'two'].map((name) => start(['run'], { cwd: join(folder, name) }));
  t.teardown(() => nodes.forEach(({ child }) => child.kill('SIGKILL')));
  await Promise.all(nodes.map(startLine));
  while (JSON.parse((await fleet.postern(['status', '--json'])).out).nodes.length < 2) await delay(50);
  return nodes;
}

async function tagOf(node: Run | undefined): Promise<string | null> {
  if (node === undefined) throw new Error('no such node');
  const { listeners } = await startLine(node);
  return (await fetch(`http://127.0.0.1:${listeners[0]?.port}/shop/items`)).headers.get('x-tag');
}

test('push, rollback and status of two real nodes: accepted, refused, and back again', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const nodes = await startNodes(t, fleet);
  const cwd = t.testdirName;
  t.match(await fleet.postern(['push', 'live.yaml'], cwd), { code: 0, out: /\n2 of 2 nodes accepted revision 1\n$/ });
  t.same(await Promise.all(nodes.map(tagOf)), ['yes-it-is', 'yes-it-is']);
  await fleet.bucket.put('config.edge', Buffer.from(LIVE.replace('yes-it-is', 'foreign')));
  t.match(await fleet.postern(['push', 'live.yaml'], cwd), {
    code: 0,
    out: /"foreign" -> "yes-it-is"\n[^]*2 of 2 nodes accepted revision 3\n$/,
  });
  await fleet.bucket.put('config.edge', Buffer.from(`${LIVE}polices: []\n`));
  const { nodes: seen } = JSON.parse(await until(fleet, '"drift": "refused"'));
  t.match(seen[0], { revision: 4, serving: { revision: 3 }, issues: [{ code: 'document/unknown-key' }] });
  t.match(await fleet.postern(['rollback', '4']), {
    code: 1,
    out: /: refused revision 5\n {2}config\.edge@5:\d+:1: error: .*\[document\/unknown-key\]\n {4}fix: [^]*0 of 2 nodes accepted/,
  });
  t.match(await fleet.postern(['rollback', '3']), { code: 0, out: /2 of 2 nodes accepted revision 6\n$/ });
  t.match((await fleet.postern(['status'])).out, /all 2 on the newest\n$/);
});

async function until(fleet: TestFleet, what: string): Promise<string> {
  for (;;) {
    const { out } = await fleet.postern(['status', '--json']);
    if (out.split(what).length > 2) return out;
    await delay(50);
  }
}

test('nodes with a trusted key take what push signs, and refuse what it does not', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const { publicKey, privateKey } = keyPair();
  const nodes = await startNodes(t, fleet, `["${publicKey}"]`);
  const cwd = t.testdirName;
  await writeFile(join(cwd, 'key.pem'), privateKey);
  const sign = ['--sign', 'key.pem'];
  t.match(await fleet.postern(['push', 'live.yaml', ...sign], cwd), { code: 0, out: /2 of 2 nodes accepted/ });
  t.match(await fleet.postern(['push', 'live.yaml'], cwd), { code: 1, out: /\[signature\/unsigned\][^]*0 of 2 nodes/ });
  const { bytes } = (await fleet.bucket.get('config.edge', 1)) ?? { bytes: Buffer.of() };
  t.match(await fleet.postern(['rollback', '1', ...sign], cwd), { code: 0, out: /2 of 2 nodes accepted/ });
  await fleet.bucket.put('config.edge', bytes);
  t.match(await until(fleet, '"drift": "refused"'), /signature\/stale-revision/);
  t.same(await Promise.all(nodes.map(tagOf)), ['yes-it-is', 'yes-it-is']);
});
