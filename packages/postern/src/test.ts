import { coverageOf } from '@postern/engine';
import type { Coverage, TestResult } from '@postern/engine';
import { refuses } from '@postern/model';
import { runStagedTests } from './staged-tests.ts';
import type { Compiled } from './stages.ts';
import { complain, formatIssues, say } from './terminal.ts';
import type { ExitCode } from './terminal.ts';
import { withStaged } from './with-staged.ts';

/** What `postern test` takes besides a file. */
export interface TestOptions {
  readonly json: boolean;
  /** Percent that is asked for; undefined: any. */
  readonly minCoverage: number | undefined;
}

/** `postern test`: runs the tests of a document, a line for each as it ends, and says what they came to. */
export async function testCommand(file: string, options: TestOptions): Promise<ExitCode> {
  return withStaged(file, async (staged) => {
    return await report(file, staged, options);
  });
}

async function report(file: string, staged: Compiled, { json, minCoverage }: TestOptions): Promise<ExitCode> {
  const { tests } = staged.document;
  if (!json) say(`1..${tests.length}`);
  let ended = 0;
  const print = (result: TestResult): void => {
    ended += 1;
    if (!json) say(resultText(ended, result));
  };
  const { results, issues } = await runStagedTests(staged, print);
  const coverage = coverageOf(
    staged.document,
    results.map(({ decision }) => decision),
  );
  if (json) say(JSON.stringify({ tests: results.map(toRow), coverage }, undefined, 2));
  else say(coverageText(coverage));
  const failed = results.filter((result) => refuses(result.issues)).length;
  complain(`${file}: ${tests.length === 0 ? 'no tests' : `${tests.length} tests, ${failed} failed`}`);
  if (minCoverage !== undefined && coverage.percent < minCoverage) {
    complain(`${file}: the coverage is ${coverage.percent} %, and ${minCoverage} % is asked for`);
    return 1;
  }
  return refuses(issues) ? 1 : 0;
}

function resultText(number: number, { test, issues }: TestResult): string {
  const line = `${refuses(issues) ? 'not ok' : 'ok'} ${number} - ${test.title}`;
  return issues.length === 0 ? line : `${line}\n${indented(formatIssues(issues))}`;
}

/** Named one by one: this shape is a contract with other programs. */
function toRow({ test, issues, decision }: TestResult) {
  const { title, policy = null, place } = test;
  const { status, policy: decidedBy, code } = decision.answer;
  const got = { status, decidedBy, code, reachesUpstream: decision.upstream !== null };
  return { name: title, policy, file: place.file, line: place.line, ok: !refuses(issues), got, issues };
}

function coverageText({ policies, conditions, percent }: Coverage): string {
  const covered = policies.filter((policy) => policy.covered).length;
  const sides = conditions.flatMap(({ seenTrue, seenFalse }) => [seenTrue, seenFalse]);
  const seen = sides.filter(Boolean).length;
  const ofSides = sides.length === 0 ? '' : `, ${seen} of ${sides.length} sides of conditions`;
  return [
    `# coverage: ${percent} %: ${covered} of ${policies.length} policies${ofSides}`,
    ...policies
      .filter((policy) => !policy.covered)
      .map(({ policy, file, line }) => `#   no test comes to ${policy} (${file}:${line})`),
    ...conditions.flatMap(({ policy, text, file, line, seenTrue, seenFalse }) => {
      const missing = [...(seenTrue ? [] : ['true']), ...(seenFalse ? [] : ['false'])];
      return missing.length === 0
        ? []
        : [`#   never ${missing.join(', never ')}: ${text} of ${policy} (${file}:${line})`];
    }),
  ].join('\n');
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
