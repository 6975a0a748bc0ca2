/** Rows of the corpus about web sockets. Those that need upgrades wait until the gateway passes them on, and say so. */
import { test } from 'tap';
import { badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import { OPEN } from './open.ts';
import { assertOutcome, sayFigures } from './report.ts';
import { runAll } from './run-case.ts';
import { passesUpgrades, waits, webSocket } from './ws.ts';

const rows = badInputs.filter(({ transport }) => transport === 'ws');

test('a handshake that is none, or that a policy refuses, never becomes a tunnel', async (t) => {
  const lanes = await fixtureFor(t, 2);
  const [lane] = lanes;
  if (lane === undefined) throw new Error('no lane');
  const upgrades = await passesUpgrades(lane);
  const waiting = OPEN.filter(({ kind }) => kind === 'upgrades').map(({ id }) => id);
  if (upgrades) t.same(waiting, [], 'upgrades are passed on now: open.ts lists no row that waits for them');
  const outcomes = await runAll(
    lanes,
    rows.filter((row) => !waits(row, upgrades)),
    webSocket,
  );
  for (const outcome of outcomes) assertOutcome(t, outcome);
  for (const { id } of rows.filter((row) => waits(row, upgrades))) {
    t.ok(
      OPEN.some((one) => one.id === id),
      `${id} is listed in open.ts`,
    );
    t.pass(id, { skip: 'waits for upgrades' });
  }
  sayFigures(t, 'ws', outcomes);
});
