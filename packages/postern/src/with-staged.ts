import { builtinPlugins } from './plugins.ts';
import { stageFile } from './stages.ts';
import type { Compiled } from './stages.ts';
import { complain, formatIssues, summary } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** Takes a file the whole way, does the work on its snapshot, closes that. A refused document is said, and is exit code 1. */
export async function withStaged(file: string, work: (staged: Compiled) => Promise<ExitCode>): Promise<ExitCode> {
  const staged = await stageFile(file, { plugins: builtinPlugins });
  if (staged.kind === 'refused') {
    complain(`${formatIssues(staged.issues)}\n${summary(file, staged.issues)}`);
    return 1;
  }
  try {
    return await work(staged);
  } finally {
    staged.close();
  }
}
