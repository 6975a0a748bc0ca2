import type { Candidate, Decision, Issue, Plugin, PolicyTest, Result } from '@postern/model';
import { compileApart } from './compile-apart.ts';
import { judge } from './judge-test.ts';
import { rehearse } from './rehearse.ts';
import type { Rehearsable, RehearsalInputs } from './rehearsal.ts';
import type { Runtime } from './runtime.ts';
import type { Snapshot } from './snapshot.ts';

/** A test that was run; it passed when no issue is an error. */
export interface TestResult {
  readonly test: PolicyTest;
  readonly issues: readonly Issue[];
  readonly decision: Decision;
}

/** What tests are run with. */
export interface TestMeans {
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** The candidate's snapshot: its trees are taken over, nothing else. */
  readonly snapshot: Snapshot;
  readonly after: Runtime['after'];
  /** Called between two steps of the work: a promise where the driver wants others to go on first. */
  pause(): Promise<void> | undefined;
  /** Milliseconds for all tests together; absent: as long as they take. */
  readonly deadline?: number | undefined;
  /** Called with each result as it comes. */
  onResult?(result: TestResult): void;
}

/** All tests of a document, run; `issues` also says when they were late. */
export interface TestRun {
  readonly results: readonly TestResult[];
  readonly issues: readonly Issue[];
}

/**
 * Runs the tests of a document, one after the other, in rehearsals on a snapshot of their own: what serves never sees them.
 * They share that snapshot, and so what its policies keep. A document without tests costs nothing.
 */
export async function runPolicyTests(candidate: Candidate, means: TestMeans): Promise<TestRun> {
  const { tests } = candidate.document;
  if (tests.length === 0) return { results: [], issues: [] };
  const results: TestResult[] = [];
  const timers = new Timers(means.after);
  const late = timers.wait(means.deadline);
  const onResult = (result: TestResult): void => {
    results.push(result);
    means.onResult?.(result);
  };
  const work = runAll(candidate, means, { timers, onResult });
  try {
    const ended = await Promise.race([work, late]);
    const issues = ended === 'late' ? [isLate(tests, results, means)] : ended;
    return { results, issues: [...results.flatMap((result) => result.issues), ...issues] };
  } finally {
    timers.end();
  }
}

/** Timers of a run: none of them outlives it. What a policy waits for is late at the end, so that nothing is held any longer. */
class Timers {
  readonly #after: Runtime['after'];
  /** What is to be done at the end: timers that run out, a snapshot to close. */
  readonly #ends = new Set<() => void>();
  ended = false;

  constructor(after: Runtime['after']) {
    this.#after = after;
  }

  after(milliseconds: number, call: () => void): () => void {
    const cancel = this.#after(this.ended ? 0 : milliseconds, () => {
      this.#ends.delete(runOut);
      call();
    });
    const runOut = (): void => {
      cancel();
      call();
    };
    if (!this.ended) this.#ends.add(runOut);
    return () => {
      this.#ends.delete(runOut);
      cancel();
    };
  }

  /** Settles when the time is up; never where there is no bound. */
  wait(deadline: number | undefined): Promise<'late'> {
    return new Promise((resolve) => {
      if (deadline !== undefined) this.after(deadline, () => resolve('late'));
    });
  }

  /** Calls back at the end of the run, or now when it has ended. */
  atEnd(close: () => void): void {
    if (this.ended) close();
    else this.#ends.add(close);
  }

  end(): void {
    this.ended = true;
    for (const end of this.#ends) end();
  }
}

/** Ends with the issues of a document that cannot be compiled a second time. */
async function runAll(
  candidate: Candidate,
  means: TestMeans,
  { timers, onResult }: { readonly timers: Timers; readonly onResult: (result: TestResult) => void },
): Promise<readonly Issue[]> {
  const compiled = await compileInSlices(candidate, means);
  if (compiled.kind === 'refused') return compiled.issues;
  const { value: snapshot } = compiled;
  timers.atEnd(() => snapshot.retire());
  const staged = { document: candidate.document, snapshot };
  for (const test of candidate.document.tests) {
    await means.pause();
    if (timers.ended) break;
    const result = await runTest(staged, test, (milliseconds, call) => timers.after(milliseconds, call));
    if (timers.ended) break;
    onResult(result);
  }
  return [];
}

async function compileInSlices(candidate: Candidate, means: TestMeans): Promise<Result<Snapshot>> {
  const steps = compileApart(candidate, means.plugins, means.snapshot);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const others = means.pause();
    if (others !== undefined) await others;
  }
}

async function runTest(staged: Rehearsable, test: PolicyTest, after: Runtime['after']): Promise<TestResult> {
  const { request } = test;
  const inputs: RehearsalInputs = {
    staged,
    head: {
      method: request.method,
      target: request.target,
      headers: request.headers,
      protocol: request.protocol,
      listener: request.listener,
      scheme: request.scheme,
      peer: request.from,
    },
    ...(request.body === undefined ? {} : { body: encoder.encode(request.body) }),
    upstream: {
      kind: 'answer',
      status: test.upstream.status,
      headers: Object.entries(test.upstream.headers).flat(),
      ...(test.upstream.body === undefined ? {} : { body: encoder.encode(test.upstream.body) }),
    },
    runtime: { now: () => test.now, random: () => test.random, after },
    known: { outside: (policy, key) => answerOf(test, policy, key) },
  };
  const rehearsal = await rehearse(inputs);
  return { test, issues: judge(test, rehearsal, staged.document), decision: rehearsal.decision };
}

const encoder = new TextEncoder();

/** Outside answers come as promises: services are asked, not called. */
function answerOf({ outside }: PolicyTest, policy: string, key: string) {
  const answers = outside[policy];
  if (answers === undefined || !Object.hasOwn(answers, key)) return undefined;
  return { value: answers[key], promised: true, from: 'given' } as const;
}

function isLate(tests: readonly PolicyTest[], results: readonly TestResult[], { deadline = 0 }: TestMeans): Issue {
  const next = tests[results.length] ?? tests[0];
  const ran = `${results.length} of ${tests.length} had run`;
  return {
    severity: 'error',
    code: 'tests/late',
    message: `${next?.title ?? 'tests'}: the tests of a document have ${deadline} ms, and ${ran} when they were over`,
    ...(next?.place ?? { file: '', line: 1, column: 1 }),
    pointer: '',
    fix: 'give the answers of slow policies under outside, or keep fewer tests in the document and the rest beside it',
  };
}
