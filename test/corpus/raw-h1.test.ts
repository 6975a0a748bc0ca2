/** Rows of the corpus that are bytes on one connection of HTTP/1: several at a time, each on listeners and upstreams of its own. */
import { test } from 'tap';
import { badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { rawH1, runAll } from './run-case.ts';

test('bad requests of HTTP/1 are refused, or go on in the one reading that they have', async (t) => {
  const lanes = await fixtureFor(t, 6);
  const rows = badInputs.filter(({ transport, bytes_b64 }) => transport === 'raw-h1' && bytes_b64 !== undefined);
  const outcomes = await runAll(lanes, rows, rawH1);
  for (const outcome of outcomes) assertOutcome(t, outcome);
  sayFigures(t, 'raw-h1, stored bytes', outcomes);
});
