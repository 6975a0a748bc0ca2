import { refuses } from '@postern/model';
import type { Issue } from '@postern/model';
import { builtinPlugins } from './plugins.ts';
import { lintWarnings, strictly } from './lint.ts';
import { stageFile } from './stages.ts';
import { complain, formatIssues, say, summary } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** The flags of `postern check`. */
export interface CheckOptions {
  readonly json: boolean;
  /** Warnings about the document count as errors. */
  readonly strict: boolean;
}

/** `postern check`: takes each file the whole way from text to snapshot and prints every issue. */
export async function checkCommand(files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const all: Issue[] = [];
  for (const file of files) {
    const staged = await stageFile(file, builtinPlugins);
    const found = staged.kind === 'compiled' ? lintWarnings(staged) : staged.issues;
    const issues = options.strict ? strictly(found) : found;
    if (staged.kind === 'compiled') staged.close();
    if (!options.json && issues.length > 0) say(formatIssues(issues));
    complain(summary(file, issues));
    all.push(...issues);
  }
  if (options.json) say(JSON.stringify(all.map(toRow), undefined, 2));
  return refuses(all) ? 1 : 0;
}

/** Named one by one: this shape is a contract with other programs. */
function toRow({ severity, code, message, file, line, column, pointer, fix }: Issue): Issue {
  return { severity, code, message, file, line, column, pointer, fix };
}
