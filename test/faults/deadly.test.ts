// G3 of reliability.md for one process: a document that ends it is given up after the third time. Whoever restarts the process
// is the test here, and systemd or Kubernetes elsewhere.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { start, startLine } from '../../packages/postern/test/spawn.ts';
import type { Run } from '../../packages/postern/test/spawn.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { until } from '../kit/until.ts';
import { folderFor } from '../reload/bus-gateway.ts';

/** A plugin that ends the process, a moment after it is compiled or at once, by a signal or by an error that nobody catches. */
const BOMB = `export default {
  name: 'bomb', summary: 'Ends the process', single: false, owns: [], preflight: false, guards: () => false,
  config: { type: 'object', required: ['how'], properties: { how: { type: 'string' } } },
  compile({ how }) {
    if (how === 'at once') process.kill(process.pid, 'SIGKILL');
    if (how === 'soon') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);
    if (how === 'thrown') setTimeout(() => { throw new Error('nobody catches this'); }, 200);
    return {};
  },
};
`;

const NODE = `server:
  name: edge
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  plugins: [./bomb.mjs]
`;

function documentOf(version: string, how: string): string {
  return `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: version, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
  - { name: bomb, plugin: bomb, config: { how: "${how}" } }
apiGroups:
  - { name: all, upstream: up, policies: [version, bomb] }
`;
}

async function nodeFor(t: Test) {
  const nats = await natsServerFor(t);
  const folder = folderFor(t);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'bomb.mjs'), BOMB);
  writeFileSync(join(folder, 'gateway.yaml'), `${NODE}  source: { nats: { servers: ["${nats.url}"] } }\n`);
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  const node = (): Run => {
    const run = start(['run'], { cwd: folder });
    t.teardown(() => void run.child.kill('SIGKILL'));
    return run;
  };
  const trials = join(folder, '.postern/last-good.json.trials');
  return { client, node, trials, lastGood: join(folder, '.postern/last-good.json') };
}

async function versionOf(run: Run): Promise<string | null> {
  const { listeners } = await startLine(run);
  const answer = await fetch(`http://127.0.0.1:${listeners[0]?.port}/`);
  await answer.text();
  return answer.headers.get('x-version');
}

async function refusalOf(run: Run): Promise<string> {
  const { admin } = await startLine(run);
  const answer = await fetch(`http://127.0.0.1:${admin.port}/api/v1/status`);
  return JSON.stringify(await answer.json());
}

test(
  'a document that ends the process three times is not loaded again, and the last good one serves',
  needsNats(),
  async (t) => {
    const { client, node, trials, lastGood } = await nodeFor(t);
    const first = node();
    await startLine(first);
    await client.put('postern', 'config.edge', documentOf('one', 'never'));
    await until(async () => (await versionOf(first)) === 'one', 'one does not serve');
    t.ok(existsSync(trials), 'on trial');
    await until(async () => existsSync(lastGood) && !existsSync(trials), 'one never became the last good document');

    await client.put('postern', 'config.edge', documentOf('two', 'soon'));
    t.equal(await first.ended, null, 'the first died of it');
    t.equal(await node().ended, null, 'the second');
    t.equal(await node().ended, null, 'the third');
    const fourth = node();
    await until(async () => (await versionOf(fourth)) === 'one', 'the fourth does not serve what was good');
    await until(async () => (await refusalOf(fourth)).includes('source/deadly'), 'and does not say why');

    await client.put('postern', 'config.edge', documentOf('three', 'never'));
    await until(async () => (await versionOf(fourth)) === 'three', 'another document does not serve');
    await client.put('postern', 'config.edge', documentOf('two', 'soon'));
    await until(async () => (await refusalOf(fourth)).includes('config.edge@4'), 'the same again is not refused');
    t.equal(await versionOf(fourth), 'three');
  },
);

for (const how of ['at once', 'thrown'])
  test(
    `a document that ends the process ${how} is given up as well, though nothing was good before`,
    needsNats(),
    async (t) => {
      const { client, node } = await nodeFor(t);
      const first = node();
      await startLine(first);
      await client.put('postern', 'config.edge', documentOf('one', how));
      t.not(await first.ended, 0);
      for (let times = 2; times <= 3; times += 1) t.not(await node().ended, 0);
      const fourth = node();
      await until(async () => (await refusalOf(fourth)).includes('source/deadly'), 'it is loaded a fourth time');
      t.equal(await versionOf(fourth), null, 'nothing serves, and the process is there to say so');
    },
  );

test('ends in order are not held against what is new', needsNats(), async (t) => {
  const { client, node, trials } = await nodeFor(t);
  let run = node();
  await startLine(run);
  await client.put('postern', 'config.edge', documentOf('one', 'never'));
  for (let times = 0; times < 2; times += 1) {
    await until(async () => (await versionOf(run)) === 'one', 'one does not serve');
    await until(async () => existsSync(trials), 'not on trial');
    run.child.kill('SIGTERM');
    t.equal(await run.ended, 0);
    t.notOk(existsSync(trials));
    run = node();
  }
  await until(async () => (await versionOf(run)) === 'one', 'one does not serve');
});
