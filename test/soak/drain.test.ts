// P3 of reliability.md: SIGTERM at any moment under load, again and again, in one process and in two workers.
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { sized } from '../kit/sized.ts';
import { until } from '../kit/until.ts';
import { liveOf, workersFor } from '../kit/workers-process.ts';
import { clientsOf } from './clients.ts';
import { keep, progress } from './form.ts';

const RUNS = sized(2, 100);

test('P3 no request is lost when the program is told to end under load', async (t) => {
  const begun = performance.now();
  const random = chance(t);
  const failures: string[] = [];
  let [answered, refused, longest] = [0, 0, 0];
  for (let run = 0; run < RUNS; run += 1) {
    const gateway = await workersFor(t, { workers: 1 + (run % 2), live: liveOf('1'), server: '  drainTimeout: 30s\n' });
    const clients = clientsOf(gateway.url, 16);
    await until(async () => clients.answered() >= 200, 'nothing is answered');
    await wait(random() * 200);
    clients.stop();
    const told = performance.now();
    gateway.run.child.kill('SIGTERM');
    const code = await gateway.run.ended;
    longest = Math.max(longest, performance.now() - told);
    await clients.end();
    answered += clients.answered();
    refused += clients.refused();
    failures.push(...clients.lost.map((how) => `run ${run}: ${how}`));
    if (code !== 0) failures.push(`run ${run}: exit code ${code}`);
    progress(t, `${run + 1} of ${RUNS} runs, ${failures.length} failures`);
  }
  keep(t, {
    name: 'drain',
    title: 'requests lost in ends by SIGTERM under load',
    figure: failures.length,
    unit: 'requests',
    denominator: answered + failures.length,
    most: 0,
    failures,
    begun,
    remarks: `${RUNS} runs; ${refused} connections refused at the door; the longest took ${Math.round(longest)} ms`,
  });
  t.same(failures, [], `of ${answered} requests in ${RUNS} runs`);
});
