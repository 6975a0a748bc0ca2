import type { Issue } from '@postern/model';
import { builtinPlugins } from 'postern';
import { issuesOf } from '../manifests/report.ts';
import { base } from './all.ts';
import type { Mistake } from './mistake.ts';

/** What was said of one mistake. */
export interface Diagnosis {
  readonly line: number;
  readonly column: number;
  /** True when the first thing that is said points at the line and column of the mistake. */
  readonly located: boolean;
  /** True when it is located and the mend there is the right one. */
  readonly mended: boolean;
  readonly said: Issue | undefined;
}

/** Makes the mistake in the base document: the text, and the offset of its mark. */
export function seed([, find, replace]: Mistake): { readonly text: string; readonly at: number } {
  const start = base.indexOf(find);
  if (start === -1 || base.includes(find, start + 1)) throw new Error(`not once in the base: ${JSON.stringify(find)}`);
  const mark = replace.indexOf('‸');
  if (mark === -1) throw new Error(`no mark: ${JSON.stringify(replace)}`);
  const text = base.slice(0, start) + replace.replace('‸', '') + base.slice(start + find.length);
  return { text, at: start + mark };
}

/** What the program takes, as its users have it. */
const PLUGINS = new Map(builtinPlugins.map((plugin) => [plugin.name, plugin]));

/** All issues of a text, as the program says them. */
export function issuesIn(text: string): readonly Issue[] {
  return issuesOf(text, 'gateway.yaml', PLUGINS);
}

/** Checks the base document with one mistake in it. */
export function diagnose(mistake: Mistake): Diagnosis {
  const { text, at } = seed(mistake);
  const before = text.slice(0, at).split('\n');
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  const issues = issuesIn(text);
  const said = issues.find(({ severity }) => severity === 'error') ?? issues[0];
  const located = said?.line === line && said.column === column;
  const mended = located && said.fix.includes(mistake[3]);
  return { line, column, located, mended, said };
}
