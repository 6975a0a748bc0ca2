// P4 of reliability.md: programs follow one another on one socket, again and again.
import { test } from 'tap';
import { setTimeout as wait } from 'node:timers/promises';
import { startLine } from '../../packages/postern/test/spawn.ts';
import type { Run } from '../../packages/postern/test/spawn.ts';
import { chance } from '../kit/chance.ts';
import { holdPorts } from '../kit/held-port.ts';
import { sized } from '../kit/sized.ts';
import { until } from '../kit/until.ts';
import { liveOf } from '../kit/workers-process.ts';
import { clientsOf } from './clients.ts';
import { keep, progress } from './form.ts';

const REQUESTS = sized(1_000, 1_000_000);
const LEAST = sized(2, 50);

test('P4 no request is lost while programs follow one another on one socket', async (t) => {
  const begun = performance.now();
  const random = chance(t);
  const held = holdPorts(t);
  const server = 'server:\n  admin: { address: 127.0.0.1:0 }\n  listen: [{ name: public, address: 127.0.0.1:0 }]\n';
  const folder = t.testdir({ 'gateway.yaml': `${server}${liveOf('1')}` });
  const next = async (): Promise<Run> => {
    const run = held.start(folder);
    const { admin } = await startLine(run);
    await until(async () => (await fetch(`http://127.0.0.1:${admin.port}/readyz`)).status === 200, 'not ready');
    return run;
  };
  let run = await next();
  const clients = clientsOf(`http://127.0.0.1:${held.ports[0]}`, 16);
  const failures: string[] = [];
  let upgrades = 0;
  while (upgrades < LEAST || clients.answered() < REQUESTS) {
    await wait(random() * 300);
    const old = run;
    run = await next();
    old.child.kill('SIGTERM');
    const code = await old.ended;
    if (code !== 0) failures.push(`exit code ${code}`);
    upgrades += 1;
    progress(t, `${upgrades} upgrades, ${clients.answered()} requests, ${clients.lost.length} lost`);
  }
  clients.stop();
  run.child.kill('SIGTERM');
  await run.ended;
  // Nobody listens any more, but the socket is held: what comes now waits, and is none of this.
  const last = await next();
  const answered = clients.answered();
  const lost = [...clients.lost];
  failures.push(...lost);
  keep(t, {
    name: 'rolling-upgrade',
    title: 'requests lost while programs follow one another on one socket',
    figure: failures.length,
    unit: 'requests',
    denominator: answered + lost.length,
    most: 0,
    failures,
    begun,
    remarks: `${upgrades} upgrades`,
  });
  await clients.abort();
  last.child.kill('SIGKILL');
  t.same(failures, [], `of ${answered} requests in ${upgrades} upgrades`);
});
