// P1 of reliability.md: workers that are killed at random moments. The other one serves, and a new one is back soon.
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { FULL, sized } from '../kit/sized.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { liveOf, signalWorker, workersFor } from '../kit/workers-process.ts';
import { keep, progress } from './form.ts';

const KILLS = sized(2, 50);
/** Of the steady load: each death can break so many requests, and no more. */
const CONNECTIONS = 50;
/** Milliseconds that a worker has to live for its death to be no part of a row, after which the next start would wait. */
const LIVED = 10_500;

test('P1 a worker that is killed is back within a second, and only what was in flight in it is lost', async (t) => {
  const begun = performance.now();
  const random = chance(t);
  const gateway = await workersFor(t, { live: liveOf('1') });
  const load = steadyLoad(gateway.url, FULL ? 1000 : 200);
  const took: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    // The two take turns: each lives long enough.
    await wait(random() * 200 + (FULL ? LIVED / 2 : 0));
    const workers = await gateway.workers();
    const victim = workers[kill % 2];
    signalWorker(victim, 'SIGKILL');
    const killed = performance.now();
    await gateway.untilStatus(
      (now) => gateway.whole(now) && now.workers?.[kill % 2]?.restarts === (victim?.restarts ?? 0) + 1,
      'it is not replaced',
    );
    took.push(Math.round(performance.now() - killed));
    progress(t, `${kill + 1} of ${KILLS} kills, the last one back after ${took.at(-1)} ms`);
  }
  await wait(300);
  const { sent, lost } = await load.stop();
  const late = took.filter((milliseconds) => milliseconds > 1000);
  const strange = lost.filter((how) => !/other side closed|ECONNRESET|UND_ERR_SOCKET|SocketError/.test(how));
  keep(t, {
    name: 'worker-killed',
    title: 'the longest time until a worker that was killed is back',
    figure: Math.max(...took),
    unit: 'ms',
    denominator: KILLS,
    most: 1000,
    failures: [...late.map((milliseconds) => `back after ${milliseconds} ms`), ...strange],
    begun,
    remarks: `median ${took.toSorted((one, other) => one - other)[Math.floor(KILLS / 2)]} ms; of ${sent} requests ${lost.length} were in flight in a worker that was killed`,
  });
  t.same(strange, [], 'requests are lost by a connection that ends, none by an answer');
  t.ok(lost.length <= CONNECTIONS * KILLS, `${lost.length} of ${sent} lost`);
  // How fast is for an idle machine.
  if (FULL) t.same(late, [], 'milliseconds until it is back');
});
