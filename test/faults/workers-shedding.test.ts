/** Shedding of several workers: each sheds for itself, and the primary says what the worst of them does. */
import { test } from 'tap';
import { liveOf, workersFor } from '../kit/workers-process.ts';

test('workers that ask connections to end say so in status, readiness and metrics, and go on', async (t) => {
  const gateway = await workersFor(t, { server: '  shedding: { closeAt: 0.001 }\n', live: liveOf('1') });
  await gateway.untilStatus(({ shedding }) => shedding === 'closing', 'the status does not say it');
  t.equal(await gateway.version(), '1');
  const ready = await fetch(`${gateway.admin}/readyz`);
  t.equal(ready.status, 200);
  t.same(await ready.json(), { status: 'ready', shedding: 'closing' });
  t.match(await gateway.metrics(), '\npostern_shedding 1\n');
  t.match(gateway.run.out(), /"worker":\d.*% of the memory are in use: connections are asked to end/);
});

test('where every worker turns new requests away the gateway is not ready', async (t) => {
  const gateway = await workersFor(t, { server: '  shedding: { refuseAt: 0.001 }\n', live: liveOf('1') });
  await gateway.untilStatus(({ ready, shedding }) => shedding === 'refusing' && !ready, 'it is ready');
  t.equal((await fetch(`${gateway.admin}/readyz`)).status, 503);
  t.equal((await fetch(`${gateway.admin}/livez`)).status, 200);
  const answer = await fetch(gateway.url);
  t.equal(answer.status, 503);
  t.equal(answer.headers.get('retry-after'), '5');
  t.equal(answer.headers.get('vary'), 'Origin');
});
