import { refuses } from '@postern/model';
import type { Issue } from '@postern/model';
import { builtinPlugins } from './plugins.ts';
import { runStagedTests } from './staged-tests.ts';
import type { Compiled } from './staged-tests.ts';
import { stageFile } from './stages.ts';
import { complain, formatIssues, say, summary } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** `postern check`: takes each file the whole way from text to snapshot, runs its tests and prints every issue. */
export async function checkCommand(files: readonly string[], options: { readonly json: boolean }): Promise<ExitCode> {
  const all: Issue[] = [];
  for (const file of files) {
    const staged = await stageFile(file, builtinPlugins);
    const issues = staged.kind === 'compiled' ? await allIssues(staged) : staged.issues;
    if (staged.kind === 'compiled') staged.close();
    if (!options.json && issues.length > 0) say(formatIssues(issues));
    complain(summary(file, issues));
    all.push(...issues);
  }
  if (options.json) say(JSON.stringify(all.map(toRow), undefined, 2));
  return refuses(all) ? 1 : 0;
}

async function allIssues(staged: Compiled): Promise<readonly Issue[]> {
  const { issues } = await runStagedTests(staged);
  return [...staged.warnings, ...issues];
}

/** Named one by one: this shape is a contract with other programs. */
function toRow({ severity, code, message, file, line, column, pointer, fix }: Issue): Issue {
  return { severity, code, message, file, line, column, pointer, fix };
}
