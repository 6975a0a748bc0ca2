// What a decision costs cannot be timed here, but what makes it dear can be counted: promises, and bytes allocated. A plugin
// or a step of the engine that becomes asynchronous, or copies what it once shared, shows here and not only in a benchmark.
import { promiseHooks, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'tap';
import { bytesOf } from '../../bench/decision.ts';
import { decisionCases } from '../../bench/decision-cases.ts';
import { DecisionStage } from '../../bench/decision-stage.ts';

/** Two fifths more than it was when this was written; before that it had been more. */
const MOST_BYTES: Readonly<Record<string, number>> = {
  'no policy': 5_700,
  'cors alone': 7_400,
  'five policies': 12_000,
  preflight: 7_000,
};

for (const one of decisionCases) {
  test(`${one.name}: no promise is made from the gate to the done steps`, async (t) => {
    const stage = new DecisionStage(one);
    const heads = stage.heads(100);
    let promises = 0;
    const stop = promiseHooks.onInit(() => {
      promises += 1;
    });
    for (const head of heads) stage.run(head);
    const made = promises;
    void Promise.resolve();
    stop();
    t.same([made, promises], [0, 1], 'one that is made here is counted');
  });
}

test('an exchange allocates no more than it has to', async (t) => {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc');
  for (const one of decisionCases) {
    const most = MOST_BYTES[one.name];
    if (most === undefined) continue;
    const stage = new DecisionStage(one);
    // Code that is not yet compiled allocates more.
    for (let times = 0; times < 40; times += 1) for (const head of stage.heads(250)) stage.run(head);
    const bytes = bytesOf(stage);
    t.comment(`${one.name}: ${Math.round(bytes)} bytes`);
    t.ok(bytes > 0 && bytes < most, `${one.name}: ${Math.round(bytes)} of ${most} bytes`);
  }
});
