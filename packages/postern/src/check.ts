import { refuses } from '@postern/model';
import type { Issue } from '@postern/model';
import { builtinPlugins } from './plugins.ts';
import { lintWarnings, strictly } from './lint.ts';
import { runStagedTests } from './staged-tests.ts';
import type { Compiled } from './stages.ts';
import { groundOf, stageFile } from './stages.ts';
import type { Staged } from './stages.ts';
import { complain, formatIssues, say, summary } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** How to check. */
export interface CheckFlags {
  readonly json: boolean;
  /** Warnings about the document count as errors. */
  readonly strict: boolean;
  /** The file of a node: documents are checked as ones that this node gets from the bus. */
  readonly server?: string;
}

/** `postern check`: takes each file the whole way from text to snapshot, runs its tests and prints every issue. */
export async function checkCommand(files: readonly string[], options: CheckFlags): Promise<ExitCode> {
  const all: Issue[] = [];
  const ground = await groundOf(options.server, builtinPlugins);
  const report = async (file: string, staged: Staged): Promise<void> => {
    const found = staged.kind === 'compiled' ? await allIssues(staged) : staged.issues;
    const issues = options.strict ? strictly(found) : found;
    if (staged.kind === 'compiled') staged.close();
    if (!options.json && issues.length > 0) say(formatIssues(issues));
    complain(summary(file, issues));
    all.push(...issues);
  };
  if (ground.kind === 'refused') await report(options.server ?? 'the server section', ground);
  else for (const file of files) await report(file, await stageFile(file, ground.ground));
  if (options.json) say(JSON.stringify(all.map(toRow), undefined, 2));
  return refuses(all) ? 1 : 0;
}

async function allIssues(staged: Compiled): Promise<readonly Issue[]> {
  const { issues } = await runStagedTests(staged);
  return [...lintWarnings(staged), ...issues];
}

/** Named one by one: this shape is a contract with other programs. */
function toRow({ severity, code, message, file, line, column, pointer, fix }: Issue): Issue {
  return { severity, code, message, file, line, column, pointer, fix };
}
