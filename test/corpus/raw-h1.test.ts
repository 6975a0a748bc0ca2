/** Rows of the corpus that are bytes on one connection of HTTP/1: several at a time, each on listeners and upstreams of its own. */
import { test } from 'tap';
import { badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { rawH1, runAll } from './run-case.ts';

test('bad requests of HTTP/1 are refused, or go on in the one reading that they have', async (t) => {
  const lanes = await fixtureFor(t, 6);
  const rows = badInputs.filter(({ transport, bytes_b64 }) => transport === 'raw-h1' && bytes_b64 !== undefined);
  // Half of them warm up what a process keeps for good; the other half may leave nothing.
  const half = rows.length / 2;
  const outcomes = [...(await runAll(lanes, rows.slice(0, half), rawH1))];
  const before = await lanes[0]?.gateway.figures({ collect: true });
  outcomes.push(...(await runAll(lanes, rows.slice(half), rawH1)));
  const after = await lanes[0]?.gateway.figures({ collect: true });
  for (const outcome of outcomes) assertOutcome(t, outcome);
  const growth = (after?.kept ?? Infinity) / (before?.kept ?? 1);
  t.ok(growth < 1.1, `I6 memory behind a collection is ${growth.toFixed(2)} times what it was halfway`);
  sayFigures(t, 'raw-h1, stored bytes', outcomes);
});
