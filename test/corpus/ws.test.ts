/** Rows of the corpus about web sockets: what a tunnel is opened for, and what it is not. */
import { test } from 'tap';
import { badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { runAll } from './run-case.ts';
import { answersHandshakes, webSocket } from './ws.ts';

const rows = badInputs.filter(({ transport }) => transport === 'ws');

test('a handshake that is none, or that a policy refuses, never becomes a tunnel', async (t) => {
  const lanes = await fixtureFor(t, 2);
  const [lane] = lanes;
  if (lane === undefined) throw new Error('no lane');
  t.equal(await answersHandshakes(lane), 101, 'a good one does');
  const outcomes = await runAll(lanes, rows, webSocket);
  for (const outcome of outcomes) assertOutcome(t, outcome);
  sayFigures(t, 'ws', outcomes);
});
