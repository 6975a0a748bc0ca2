/** Rows of the corpus on connections of HTTP/1 that are scripts, or many connections: those with bounds one after the other. */
import { test } from 'tap';
import { bounded } from './bounds.ts';
import { badInput, badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import { BUILT, askBoth } from './raw-h1-built.ts';
import { Recorder } from './recorder.ts';
import type { Teardown } from './recorder.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { rawH1, runAll, runCase } from './run-case.ts';
import type { Outcome, Transport } from './run-case.ts';

const rows = badInputs.filter(({ transport, bytes_b64 }) => transport === 'raw-h1' && bytes_b64 === undefined);
/** They wait for deadlines and take nothing: all at the same time. */
const WAITING = ['P-RES-001', 'P-RES-002', 'P-HDR-027', 'P-HDR-028', 'P-RLN-028'];
/** They have gateways of their own. */
const OTHERS = ['P-RES-007', 'P-PTH-029'];
const outcomes: Outcome[] = [];

const play: Transport = (lane, row, probe) => bounded(BUILT.get(row.id) ?? rawH1)(lane, row, probe);

test('slow and unfinished requests end at their deadlines, floods stay within their bounds', async (t) => {
  const [long, short] = await portPair(t);
  const lanes = await fixtureFor(t, WAITING.length, {
    upstreams: [
      `{ name: long, targets: ["http://127.0.0.1:${long.port}"] }`,
      `{ name: short, targets: ["http://127.0.0.1:${short.port}"] }`,
    ],
    groups: [
      '{ name: long, hosts: [gateway.test], basePath: /private, upstream: long }',
      '{ name: short, hosts: [gateway.test], basePath: /1/private, upstream: short }',
    ],
  });
  const [lane] = lanes;
  if (lane === undefined) throw new Error('no lane');
  outcomes.push(...(await runAll(lanes, WAITING.map(badInput), play)));

  const pair = await runCase({ ...lane, u1: short }, badInput('P-PTH-029'), () =>
    askBoth(lane, ['/private', '/1/private']),
  );
  t.same(
    long.take().requests.map(({ target }) => target),
    ['/private'],
    'each of two upstreams whose addresses are the same text with a path behind it gets its own',
  );
  outcomes.push(pair);

  // What a first exchange leaves for good is not of the case.
  await runCase(lane, badInput('P-CHK-017'), rawH1);
  for (const row of rows.filter(({ id }) => !WAITING.includes(id) && !OTHERS.includes(id)))
    outcomes.push(await runCase(lane, row, play));
  for (const outcome of outcomes) assertOutcome(t, outcome);
});

test('idle connections are closed when their time is over', async (t) => {
  const lanes = await fixtureFor(t, 1, { limits: { idleTimeout: 1_000 } });
  const idle = await runAll(lanes, [badInput('P-RES-007')], play);
  for (const outcome of idle) assertOutcome(t, outcome);
  outcomes.push(...idle);
});

/** Two upstreams whose ports are `port` and `port` with one more digit. */
async function portPair(t: Teardown): Promise<readonly [Recorder, Recorder]> {
  for (let port = 2000 + (process.pid % 1000); port < 6000; port += 1) {
    const short = await Recorder.open(t, port).catch(() => undefined);
    const long = short && (await Recorder.open(t, port * 10 + 1).catch(() => undefined));
    if (short !== undefined && long !== undefined) return [long, short];
  }
  throw new Error('no two such ports are free');
}

test('every row that has no stored bytes was played', async (t) => {
  t.same(outcomes.map(({ row }) => row.id).sort(), rows.map(({ id }) => id).sort());
  sayFigures(t, 'raw-h1, scripts and constructions', outcomes);
});
