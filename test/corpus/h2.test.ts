/** Rows of the corpus that are bytes of a client of HTTP/2 on a listener with prior knowledge. */
import { test } from 'tap';
import { bounded } from './bounds.ts';
import { badInput, badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import { BUILT, h2 } from './h2.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { runAll, runCase } from './run-case.ts';
import type { Outcome, Transport } from './run-case.ts';

const rows = badInputs.filter(({ transport }) => transport === 'h2');
const outcomes: Outcome[] = [];
const play: Transport = (lane, row, probe) => bounded(BUILT.get(row.id) ?? h2)(lane, row, probe);
const SHUT = 'P-H2F-023';

test('malformed streams and floods of HTTP/2 end the stream or the connection, and nothing else', async (t) => {
  const lanes = await fixtureFor(t, 4);
  const [lane] = lanes;
  if (lane === undefined) throw new Error('no lane');
  outcomes.push(
    ...(await runAll(
      lanes,
      rows.filter(({ id }) => !BUILT.has(id)),
      play,
    )),
  );
  for (const id of BUILT.keys()) if (id !== SHUT) outcomes.push(await runCase(lane, badInput(id), play));
  for (const outcome of outcomes) assertOutcome(t, outcome);
});

test('a window that never opens holds neither memory nor the connection for long', async (t) => {
  const shut = await runAll(await fixtureFor(t, 1, { limits: { idleTimeout: 2_000 } }), [badInput(SHUT)], play);
  for (const outcome of shut) assertOutcome(t, outcome);
  outcomes.push(...shut);
});

test('every row of HTTP/2 was played', async (t) => {
  t.same(outcomes.map(({ row }) => row.id).sort(), rows.map(({ id }) => id).sort());
  sayFigures(t, 'h2', outcomes);
});
