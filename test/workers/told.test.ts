// What is asked of the gateway as a whole is answered for all workers together.
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { liveOf, signalWorker, workersFor } from '../kit/workers-process.ts';
import type { WorkersProcess } from '../kit/workers-process.ts';

/** One answer on a connection of its own: any worker may give it. */
async function ask(gateway: WorkersProcess, path: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`${gateway.url}${path}`, { headers: { connection: 'close', ...headers } });
  await answer.text();
  return answer.status;
}

/** Numbers of the workers that wrote lines of the access log. */
function whoAnswered(gateway: WorkersProcess): readonly number[] {
  const lines = gateway.run.out().split('\n');
  const numbers = lines.flatMap((line) => (line.includes('"durationMs"') ? [Number(JSON.parse(line).worker)] : []));
  return [...new Set(numbers)];
}

/** The value of a series, 0 when it is not there. */
function valueOf(metrics: string, series: string): number {
  const line = metrics.split('\n').find((found) => found.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

const OK = 'postern_requests_total{group="all",route="all",status="2xx"}';

test('counters are sums over workers, and a death takes nothing away from them', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('1', { log: 'plugin: access-log' }) });
  let sent = 0;
  await until(async () => {
    t.equal(await ask(gateway, '/x'), 200);
    sent += 1;
    return whoAnswered(gateway).length === 2;
  }, 'one worker has it all');
  const before = await gateway.metrics();
  t.equal(valueOf(before, OK), sent);
  t.equal(valueOf(before, 'postern_request_duration_seconds_count{group="all",route="all"}'), sent);
  t.equal(valueOf(before, 'postern_revision'), 1, 'a gauge is no sum');
  t.equal(valueOf(before, 'postern_workers'), 2);

  for (const worker of await gateway.workers()) signalWorker(worker, 'SIGKILL');
  await gateway.untilStatus(
    (now) => gateway.whole(now) && (now.workers ?? []).every(({ restarts }) => restarts === 1),
    'they are not replaced',
  );
  const after = await gateway.metrics();
  t.equal(valueOf(after, OK), sent, 'what the dead had said of themselves still counts');
  t.equal(valueOf(after, 'postern_workers_lost_total'), 2);
  await ask(gateway, '/x');
  await until(async () => valueOf(await gateway.metrics(), OK) === sent + 1, 'the next request does not count');
  const names = after.match(/^# TYPE \S+/gm) ?? [];
  t.equal(new Set(names).size, names.length, 'each metric stands there once');
});

test('series of a policy that is gone are gone, whoever counted them', async (t) => {
  const gateway = await workersFor(t, {
    live: liveOf('1', { strict: 'plugin: cors, config: { allowOrigins: [https://a.example], enforcement: strict }' }),
  });
  const refused = 'postern_policy_outcomes_total{policy="strict",plugin="cors",outcome="refused"}';
  t.equal(await ask(gateway, '/', { origin: 'https://b.example' }), 403);
  await until(async () => valueOf(await gateway.metrics(), refused) === 1, 'it is not counted');
  const [first] = await gateway.workers();
  for (const worker of await gateway.workers()) signalWorker(worker, 'SIGKILL');
  await gateway.untilStatus(
    (now) => gateway.whole(now) && now.workers?.[0]?.pid !== first?.pid,
    'they are not replaced',
  );
  t.equal(valueOf(await gateway.metrics(), refused), 1);
  gateway.write(liveOf('2'));
  await gateway.untilStatus(({ reloads }) => reloads.accepted === 2, 'it is not accepted');
  await until(async () => !(await gateway.metrics()).includes('policy="strict"'), 'the series stays');
});

test('decisions of all workers are one list, newest first, and each is found by its id', async (t) => {
  const gateway = await workersFor(t, {
    live: liveOf('1', {
      log: 'plugin: access-log',
      strict: 'plugin: cors, config: { allowOrigins: [https://a.example], enforcement: strict }',
    }),
  });
  let sent = 0;
  await until(async () => {
    t.equal(await ask(gateway, `/x${sent}`, { origin: 'https://b.example' }), 403);
    sent += 1;
    return whoAnswered(gateway).length === 2 && sent >= 4;
  }, 'one worker has it all');
  const list = async (query: string) =>
    (await (await fetch(`${gateway.admin}/api/v1/decisions${query}`)).json()) as {
      id: string;
      at: string;
      path: string;
    }[];
  await until(async () => (await list('?status=403')).length === sent, 'some are missing');
  const all = await list('?status=403');
  t.same(
    all.map(({ at }) => at),
    all
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  );
  t.equal((await list('?limit=3')).length, 3);
  for (const { id } of all) {
    const answer = await fetch(`${gateway.admin}/api/v1/decisions/${id}`);
    t.match(await answer.json(), { id, documentGone: false });
  }
  t.equal((await fetch(`${gateway.admin}/api/v1/decisions/none`)).status, 404);
});

test('the gateway is ready while one worker serves, and live while none does', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('1') });
  const ready = async (): Promise<number> => (await fetch(`${gateway.admin}/readyz`)).status;
  t.equal(await ready(), 200);
  const [first] = await gateway.workers();
  signalWorker(first, 'SIGKILL');
  await gateway.untilStatus(({ workers = [] }) => workers[0]?.pid !== first?.pid, 'its death goes unseen');
  t.equal(await ready(), 200, 'the other one serves');
  t.equal((await fetch(`${gateway.admin}/livez`)).status, 200);
});
