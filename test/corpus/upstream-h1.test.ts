/** Rows of the corpus in which the upstream is hostile: its client gets one answer or none, and the next client its own. */
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'tap';
import { bounded } from './bounds.ts';
import { badInput, badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import type { Teardown } from './recorder.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { runAll, runCase } from './run-case.ts';
import type { Outcome, Transport } from './run-case.ts';
import { ask, closesIdle, earlyAnswer, postOnce, upstreamH1 } from './upstream-h1.ts';

const rows = badInputs.filter(({ transport }) => transport === 'upstream-h1');
const MEASURED = rows.filter(({ expect }) => expect.limits?.rss_growth_mib !== undefined).map(({ id }) => id);

const BUILT: ReadonlyMap<string, Transport> = new Map<string, Transport>([
  ['P-UPS-011', earlyAnswer],
  ['P-UPS-020', (lane) => ask(lane, 'GET', '/dead/case')],
  ['P-UPS-021', (lane) => ask(lane, 'GET', '/full/case')],
  [
    'P-UPS-022',
    async (lane, row, probe) => {
      const seen = await upstreamH1(lane, row, probe);
      const posts = await postOnce(lane, () => undefined);
      return { ...seen, more: [...(seen.more ?? []), ...(posts === 1 ? [] : [`a POST was sent ${posts} times`])] };
    },
  ],
  [
    'P-UPS-023',
    async (lane) => {
      const posts = await postOnce(lane, (socket) => void socket.resetAndDestroy());
      let gets = 0;
      lane.hostile.answering = (_request, socket) => {
        gets += 1;
        socket.resetAndDestroy();
      };
      const seen = await ask(lane, 'GET', '/hostile/case');
      const more = [
        ...(posts === 1 ? [] : [`a POST was sent ${posts} times`]),
        ...(gets <= 2 ? [] : [`a GET was sent ${gets} times`]),
      ];
      return { ...seen, more };
    },
  ],
  ['P-UPS-024', closesIdle],
]);

const play: Transport = (lane, row, probe) => bounded(BUILT.get(row.id) ?? upstreamH1)(lane, row, probe);

/** A listener that accepts nothing, its queue full: who connects gets no answer. */
async function fullFor(t: Teardown): Promise<number> {
  const code = `const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    const server = createServer().listen(0, '127.0.0.1', 1, () => {
      parentPort.postMessage(server.address().port);
      // The system queues what this thread never accepts.
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
    });`;
  const worker = new Worker(code, { eval: true });
  t.teardown(() => worker.terminate());
  const [port] = await once(worker, 'message');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const queued = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  t.teardown(() => queued.forEach((socket) => socket.destroy()));
  return port;
}

test('a bad answer of an upstream is its own exchange, and nobody else pays for it', async (t) => {
  const full = await fullFor(t);
  const timeouts = 'timeouts: { connect: 1s, headers: 2s }';
  const lanes = await fixtureFor(t, 4, {
    upstreams: [
      `{ name: full, targets: ["http://127.0.0.1:${full}"], ${timeouts} }`,
      `{ name: dead, targets: ["http://127.0.0.1:1"], ${timeouts} }`,
    ],
    groups: [
      '{ name: full, hosts: [gateway.test], basePath: /full, upstream: full }',
      '{ name: dead, hosts: [gateway.test], basePath: /dead, upstream: dead }',
    ],
  });
  const outcomes: Outcome[] = [
    ...(await runAll(
      lanes,
      rows.filter(({ id }) => !MEASURED.includes(id)),
      play,
    )),
  ];
  const [lane] = lanes;
  if (lane === undefined) throw new Error('no lane');
  // What a first exchange leaves for good is not of the case.
  await runCase(lane, badInput('P-UPS-008'), upstreamH1);
  for (const id of MEASURED) outcomes.push(await runCase(lane, badInput(id), play));
  for (const outcome of outcomes) assertOutcome(t, outcome);
  sayFigures(t, 'upstream-h1', outcomes);
});
