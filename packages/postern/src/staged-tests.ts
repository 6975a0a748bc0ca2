import { runPolicyTests } from '@postern/engine';
import type { TestResult, TestRun } from '@postern/engine';
import type { Compiled } from './stages.ts';

/** Runs the tests of a document as a reload does, but for as long as they take. */
export function runStagedTests(staged: Compiled, onResult?: (result: TestResult) => void): Promise<TestRun> {
  const { candidate, plugins, snapshot } = staged;
  return runPolicyTests(candidate, {
    plugins,
    snapshot,
    after: (milliseconds, late) => {
      const timer = setTimeout(late, milliseconds);
      return () => clearTimeout(timer);
    },
    pause: () => undefined,
    ...(onResult === undefined ? {} : { onResult }),
  });
}
