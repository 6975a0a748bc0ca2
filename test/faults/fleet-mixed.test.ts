// Rows M1 and M2 of reliability.md: nodes that lack a plugin, and nodes that have other clocks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { nodeFleetFor } from '../kit/node-fleet.ts';
import type { NodeProcess } from '../kit/node-process.ts';
import { until } from '../kit/until.ts';
import { run } from '../../packages/postern/test/spawn.ts';
import { folderFor, liveOf } from '../reload/bus-gateway.ts';

const KIT = import.meta.resolve('@postern/kit');
const STAMP = `import { Schema, definePlugin } from ${JSON.stringify(KIT)};
export default definePlugin({
  name: 'stamp',
  summary: 'Stamps answers',
  config: Schema.Object({}),
  compile: () => ({ response: (exchange) => exchange.response.headers.set('x-stamp', 'here') }),
});
`;
const HOUR = 3_600_000;

test(
  'M1: a node without a plugin of the document refuses it, push names it, and the others accept',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const folder = folderFor(t);
    const plugin = join(folder, 'stamp.mjs');
    writeFileSync(plugin, STAMP);
    const plugins = `  plugins: ["${plugin}"]\n`;
    const fleet = await nodeFleetFor(t, {
      count: 3,
      servers: [nats.url],
      except: (at) => (at === 2 ? {} : { server: plugins }),
    });
    const [with1, with2, without] = fleet.nodes;
    if (with1 === undefined || with2 === undefined || without === undefined) throw new Error('three nodes');
    const postern = (...words: string[]) => run([...words, '--nats', nats.url, '--key', 'edge'], { cwd: folder });
    const push = () => postern('push', 'gateway.yaml', '--wait', '1m');
    writeFileSync(join(folder, 'gateway.yaml'), liveOf('plain'));
    await known(postern, 3);
    const plain = await push();
    t.equal(plain.code, 0, plain.err);
    await fleet.serve('plain');
    const load = fleet.load(600);

    const stamped = liveOf('stamped')
      .replace('policies:\n', 'policies:\n  - { name: stamped, plugin: stamp }\n')
      .replace('[version]', '[stamped, version]');
    writeFileSync(join(folder, 'gateway.yaml'), `server:\n${plugins}${stamped}`);
    const pushed = await push();
    t.equal(pushed.code, 1, 'push says that not all have it');
    const name = await nameOf(without, postern);
    t.match(`${pushed.out}${pushed.err}`, new RegExp(`${name}.*refused`));
    t.match(`${pushed.out}${pushed.err}`, /2 of 3 nodes accepted revision 2, 1 refused it/);
    t.notMatch(`${pushed.out}${pushed.err}`, new RegExp(`${await nameOf(with1, postern)}.*refused`));
    t.same(await Promise.all(fleet.nodes.map((node) => node.version())), ['stamped', 'stamped', 'plain']);

    const { nodes, newest } = JSON.parse((await postern('status', '--json')).out);
    t.match(newest, { revision: 2 });
    const of = (pid: number) => nodes.find(({ node }: { readonly node: string }) => node.endsWith(`-${pid}`));
    for (const node of [with1, with2])
      t.match(of(node.pid()), {
        state: 'accepted',
        revision: 2,
        drift: 'current',
        serving: { revision: 2, digest: newest.digest },
      });
    t.match(of(without.pid()), {
      state: 'refused',
      revision: 2,
      drift: 'refused',
      issues: [{ code: 'server/ignored' }, { code: 'names/unknown-plugin' }],
      serving: { revision: 1, digest: (await without.status()).digest },
    });
    t.match(await without.status(), {
      revision: 1,
      lastRefusal: { revision: 2, issues: [{ severity: 'warning' }, { code: 'names/unknown-plugin' }] },
    });
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);

/** Waits until so many nodes have said that they are there: a push waits for those. */
async function known(postern: (...words: string[]) => ReturnType<typeof run>, count: number): Promise<void> {
  await until(async () => {
    const { code, out } = await postern('status', '--json');
    return code === 0 && JSON.parse(out).nodes.length === count;
  }, `${count} nodes are never heard`);
}

/** Nodes are named by host and process id. */
async function nameOf(node: NodeProcess, postern: (...words: string[]) => ReturnType<typeof run>): Promise<string> {
  const { nodes } = JSON.parse((await postern('status', '--json')).out);
  return nodes
    .map(({ node: name }: { readonly node: string }) => name)
    .find((name: string) => name.endsWith(`-${node.pid()}`));
}

test(
  'M2: nodes whose clocks are wrong, or move while they run, follow in the order of revisions',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const clocks = [0, HOUR, -10 * 365.25 * 24 * HOUR, 0];
    const steps = [0, 0, HOUR, -2 * HOUR];
    const fleet = await nodeFleetFor(t, {
      count: clocks.length,
      servers: [nats.url],
      preload: ['clock.ts'],
      except: (at) => ({
        environment: { POSTERN_TEST_CLOCK: String(clocks[at]), POSTERN_TEST_STEP: String(steps[at]) },
      }),
    });
    const folder = folderFor(t);
    const postern = (...words: string[]) => run([...words, '--nats', nats.url, '--key', 'edge'], { cwd: folder });
    const push = async (version: string): Promise<void> => {
      writeFileSync(join(folder, 'gateway.yaml'), liveOf(version));
      const pushed = await postern('push', 'gateway.yaml', '--wait', '1m');
      t.equal(pushed.code, 0, pushed.err);
      t.match(pushed.out, new RegExp(`${clocks.length} of ${clocks.length} nodes accepted`));
      // At the end of the push, not some time later.
      t.same(
        await Promise.all(fleet.nodes.map((node) => node.version())),
        clocks.map(() => version),
      );
    };
    await known(postern, clocks.length);
    await push('one');
    const load = fleet.load(800);
    await push('two');
    for (const node of fleet.nodes) node.signal('SIGWINCH');
    await push('three');
    const rolled = await postern('rollback', '2', '--wait', '1m');
    t.equal(rolled.code, 0, rolled.err);
    t.equal((await fleet.reach(4)).size, 1, 'one digest');
    await fleet.serve('two');
    const { nodes } = JSON.parse((await postern('status', '--json')).out);
    t.match(
      nodes,
      clocks.map(() => ({ drift: 'current', revision: 4, state: 'accepted' })),
    );
    const off = fleet.nodes.map((node) => {
      const report = nodes.find((one: { readonly node: string }) => one.node.endsWith(`-${node.pid()}`));
      return Math.round((Date.parse(report.at) - Date.now()) / HOUR);
    });
    t.same(
      off,
      clocks.map((clock, at) => Math.round((clock + (steps[at] ?? 0)) / HOUR)),
      'their clocks are off by so many hours',
    );
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);
