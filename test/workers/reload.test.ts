// design.md section 4: the same document in every worker; accepted means that all have swapped.
import { availableParallelism } from 'node:os';
import { test } from 'tap';
import { run } from '../../packages/postern/test/spawn.ts';
import { liveOf, pluginModule, workersFor } from '../kit/workers-process.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { upstreamFor } from '../kit/upstream.ts';

test('a document is accepted once every worker has swapped to it, and no request is lost', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('0') });
  const load = steadyLoad(gateway.url, 200);
  for (let version = 1; version <= 5; version += 1) {
    gateway.write(liveOf(String(version)));
    const status = await gateway.untilStatus(
      ({ reloads }) => reloads.accepted > version,
      `version ${version} is not accepted`,
    );
    t.same(
      new Set(status.workers?.map(({ revision }) => revision)),
      new Set([status.revision]),
      'every worker serves the revision that the status names',
    );
    const versions = await Promise.all(Array.from({ length: 20 }, () => gateway.version()));
    t.same(new Set(versions), new Set([String(version)]), 'whichever worker answers, it serves the new document');
  }
  const { sent, lost } = await load.stop();
  t.same(lost, [], `${sent} sent`);
  t.match((await gateway.status()).policies, [{ policy: 'version', routes: 1 }]);
});

test('a refusal by one worker swaps nowhere, and is said once', async (t) => {
  // Its compile refuses in the worker whose number the config names: the primary never compiles.
  const picky = pluginModule(
    'picky',
    `if (config.not === process.argv[2])
      return [{ severity: 'error', code: 'picky/no', path: ['not'], message: 'not in this one', fix: 'name another' }];
    return {};`,
  );
  const policy = (not: string): Record<string, string> => ({ picky: `plugin: picky, config: { not: "${not}" }` });
  const gateway = await workersFor(t, {
    workers: 3,
    server: '  plugins: [./picky.mjs]\n',
    live: liveOf('1', policy('none')),
    files: { 'picky.mjs': picky },
  });
  const [before] = (await gateway.status()).workers ?? [];
  for (const [at, not] of ['1', '2', '3'].entries()) {
    gateway.write(liveOf('2', policy(not)));
    const { lastRefusal, workers, revision } = await gateway.untilStatus(
      ({ reloads }) => reloads.refused > at,
      'it is not refused',
    );
    t.match(lastRefusal?.issues, [{ code: 'picky/no', line: 9 }], `refused by worker ${not}: one issue, with its line`);
    t.equal(lastRefusal?.issues.length, 1);
    t.equal(revision, before?.revision);
    t.same(new Set(workers?.map((worker) => worker.revision)), new Set([before?.revision]));
    const versions = await Promise.all(Array.from({ length: 20 }, () => gateway.version()));
    t.same(new Set(versions), new Set(['1']));
  }
  gateway.write(liveOf('3', policy('none')));
  await gateway.untilStatus(({ revision = 0 }) => revision > (before?.revision ?? 0), 'a good one is not accepted');
  t.equal(await gateway.version(), '3');
  // Snapshots that were prepared and abandoned are closed.
  await gateway.untilStatus(({ liveSnapshots }) => liveSnapshots === 1, 'snapshots are left');
});

test('what all workers refuse is said once', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('1') });
  gateway.write(liveOf('2').replace('policies: [version] }', 'policies: [nobody] }'));
  const unknown = await gateway.untilStatus(({ reloads }) => reloads.refused === 1, 'it is not refused');
  t.equal(unknown.lastRefusal?.issues.length, 1, 'by the check, in the primary');
  const failing = liveOf('2').replace(
    '"2" } } } }',
    '"2" } } }, tests: [{ request: { path: /x }, expect: { status: 418 } }] }',
  );
  gateway.write(failing);
  const tested = await gateway.untilStatus(({ reloads }) => reloads.refused === 2, 'its test does not refuse it');
  t.match(tested.lastRefusal?.issues, [{ code: 'tests/failed' }]);
  t.equal(tested.lastRefusal?.issues.length, 1, 'by the proof, in the workers');
  t.equal(await gateway.version(), '1');
});

test('a large document crosses in parts, and every worker has all of it', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('1') });
  const routes = Array.from({ length: 2000 }, (_, at) => `      - { name: r${at}, path: /r${at} }\n`).join('');
  const group = `  - name: all\n    upstream: up\n    policies: [version]\n    routes:\n${routes}`;
  gateway.write(liveOf('2').replace(/ {2}- \{ name: all.*\n/, group));
  await gateway.untilStatus(({ reloads }) => reloads.accepted === 2, 'it is not accepted');
  for (const at of [0, 249, 250, 1999])
    for (let times = 0; times < 6; times += 1) {
      const answer = await fetch(`${gateway.url}/r${at}`, { headers: { connection: 'close' } });
      t.equal(answer.status, 200);
      t.match(await answer.text(), `/r${at}`);
    }
  t.equal((await fetch(`${gateway.url}/none`)).status, 404);
  t.match((await gateway.status()).policies, [{ policy: 'version', routes: 2000 }]);
});

test('auto is one worker for each core', { skip: availableParallelism() === 1 && 'one core' }, async (t) => {
  const gateway = await workersFor(t, { workers: 'auto', live: liveOf('1') });
  const pids = (await gateway.workers()).map(({ pid }) => pid);
  t.equal(new Set(pids).size, availableParallelism());
  t.notOk(pids.includes(gateway.run.child.pid), 'the primary serves nothing itself');
});

test('an address that is taken is said as a single process says it, and nothing is left running', async (t) => {
  const { port } = await upstreamFor(t);
  const folder = t.testdir({
    'gateway.yaml': `server:
  workers: 2
  listen: [{ name: public, address: 127.0.0.1:${port} }]
  admin: { address: 127.0.0.1:0 }
${liveOf('1')}`,
  });
  const { code, err } = await run(['run'], { cwd: folder });
  t.equal(code, 1);
  t.match(err, `postern: 127.0.0.1:${port} is in use\n  fix: `);
});
