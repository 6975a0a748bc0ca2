import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One part of a soak run: test files, run one after the other in a process of their own. */
export interface Form {
  readonly name: string;
  readonly files: readonly string[];
  /** Variables that the files are run with. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * How often the files are run; absent: once, and they keep their figures themselves. With a number the figure is how many of
   * these runs failed; the first of each file is in its long form, the others are in the short one.
   */
  readonly times?: { readonly short: number; readonly full: number };
}

/** Forms that keep a figure each. */
const FIGURES = [
  'reloads',
  'drain',
  'poisoned-upstream',
  'keep-alive-race',
  'cold-start',
  'worker-killed',
  'rolling-upgrade',
  'memory',
];

/** Where the faults of section 2 are tested, beside test/faults. */
const FAULTS = [
  'test/paths/upstream-faults.test.ts',
  'packages/server/test/upstream-answers.test.ts',
  'packages/server/test/upstream-pool.test.ts',
  'test/paths/on-error.test.ts',
  'test/paths/drain.test.ts',
  'test/workers/drain.test.ts',
  'test/workers/restarting.test.ts',
];

const CORPUS = ['raw-h1', 'raw-h1-built', 'h2', 'ws', 'upstream-h1', 'config'];

/** All of them, in the order in which they run: those of seconds first. `folder` is the root of the repository. */
export function forms(folder: string): readonly Form[] {
  const found = (pattern: string): readonly string[] => globSync(pattern, { cwd: folder }).toSorted();
  return [
    ...FIGURES.map((name) => ({ name, files: [`test/soak/${name}.test.ts`] })),
    { name: 'corpus', files: CORPUS.map((name) => `test/corpus/${name}.test.ts`), times: { short: 1, full: 1 } },
    {
      name: 'two-workers',
      files: found('test/{paths,reload,rehearsal,docs}/*.test.ts').filter((file) => usesGateways(folder, file)),
      environment: { WORKERS: '2' },
      times: { short: 1, full: 1 },
    },
    { name: 'fuzz', files: found('test/fuzz/*.test.ts') },
    { name: 'faults', files: [...found('test/faults/*.test.ts'), ...FAULTS], times: { short: 1, full: 20 } },
  ];
}

/** Whether the gateways of a test file are told by `WORKERS` in how many processes they serve. */
function usesGateways(folder: string, file: string): boolean {
  return readFileSync(join(folder, file), 'utf8').includes("'../kit/gateway.ts'");
}
