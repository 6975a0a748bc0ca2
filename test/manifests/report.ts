import { checkDocument, inDocumentOrder, lint, locate, withoutIgnored } from '@postern/config';
import { compileSnapshot, requireIssues, runPolicyTests, Sharing } from '@postern/engine';
import type { Snapshot } from '@postern/engine';
import { testContext } from '@postern/kit/testkit';
import type {
  Attached,
  CheckedDocument,
  CheckedPolicy,
  CompileResult,
  Handlers,
  Issue,
  Plugin,
  Result,
} from '@postern/model';
import { formatIssue, refuses } from '@postern/model';
import { lintPlugins } from './lint-plugins.ts';
import { plugins as ordinary } from './plugins.ts';

const environment = {
  variable: (name: string): string | undefined => VARIABLES.get(name),
  file: (path: string): string | undefined => (path === 'secrets/key.txt' ? 's3cr3t-from-file\n' : undefined),
};
const VARIABLES = new Map([
  ['SECRET', 's3cr3t-value'],
  ['ORIGIN', 'https://app.example.com'],
  ['PORT', '9000'],
  ['MAX_AGE', '600'],
  ['YES', 'true'],
  ['EMPTY', ''],
]);

/**
 * What becomes of a document on its way through stage 1 and the plugins' `compile`, as lines that people review: the issues
 * as they print, else the pipelines with the place of every entry. `# show: document` on top shows all of the document; with
 * `# lint` lint has its say, and there are a few plugins more.
 */
export async function report(text: string, file: string): Promise<string> {
  const unresolved = /^# unresolved: warning$/m.test(text) ? 'warning' : 'error';
  const linted = /^# lint$/m.test(text);
  const plugins = linted ? lintPlugins : ordinary;
  const result = checkDocument({ text, origin: file, revision: 1 }, { plugins, environment, unresolved });
  if (result.kind === 'refused') return lines(['result: refused', ...issueLines(result.issues)]);
  const compiled = result.value.policies.map((policy) => compilePolicy(policy, plugins));
  const found = compiled.flatMap(({ issues }) => issues);
  if (refuses(found)) return lines(['result: refused by a plugin', ...issueLines([...result.warnings, ...found])]);
  if (linted) {
    const handlers = new Map(compiled.map(({ policy, handlers }) => [policy.name, handlers]));
    const said = inDocumentOrder([
      ...result.warnings,
      ...found,
      ...lint({ document: result.value, plugins, handlers }),
    ]);
    return lines(['result: accepted', ...issueLines(withoutIgnored(said, text))]);
  }
  const proof = await proofIssues(result.value, plugins);
  if (refuses(proof)) return lines(['result: refused by its proof', ...issueLines([...result.warnings, ...proof])]);
  found.push(...proof);
  const shown = /^# show: document$/m.test(text) ? documentLines(result.value) : pipelineLines(result.value);
  return lines(['result: accepted', ...issueLines([...result.warnings, ...found]), ...shown]);
}

/** All issues of a document, those of the plugins included. */
export function issuesOf(text: string, file: string, plugins = ordinary): readonly Issue[] {
  const result = checkDocument({ text, origin: file, revision: 1 }, { plugins, environment, unresolved: 'error' });
  if (result.kind === 'refused') return result.issues;
  const compiled = compileWhole(result.value, plugins);
  if (compiled.kind === 'refused') return inDocumentOrder([...result.warnings, ...compiled.issues]);
  compiled.value.retire();
  return inDocumentOrder([...result.warnings, ...compiled.warnings]);
}

function compileWhole(document: CheckedDocument, plugins: ReadonlyMap<string, Plugin>): Result<Snapshot> {
  const sharing = new Sharing({ counter: () => none, outcomes: () => OUTCOMES, write: none });
  const steps = compileSnapshot({ document, revision: 1, digest: '' }, { plugins, sharing, previous: undefined });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

interface Compiled {
  readonly policy: CheckedPolicy;
  readonly handlers: Handlers;
  readonly issues: readonly Issue[];
}

function compilePolicy(policy: CheckedPolicy, plugins: ReadonlyMap<string, Plugin>): Compiled {
  const context = testContext(policy.name);
  const said = plugins.get(policy.plugin)?.compile(policy.config, context) ?? [];
  const warnings = context.warnings.map((finding) => ({ severity: 'warning' as const, ...finding }));
  const issues = [...locate(warnings, policy), ...(isFindings(said) ? locate(said, policy) : [])];
  return { policy, handlers: handlersOf(said), issues };
}

function handlersOf(said: CompileResult): Handlers {
  return 'length' in said ? {} : said;
}

/** What stage 3 says of the document, compiled. */
async function proofIssues(document: CheckedDocument, plugins: ReadonlyMap<string, Plugin>): Promise<readonly Issue[]> {
  const compiled = compileWhole(document, plugins);
  if (compiled.kind !== 'accepted') return [];
  const snapshot = compiled.value;
  const candidate = { document, revision: 1, digest: '' };
  const issues = requireIssues(document, snapshot, document.server.require);
  const after = (): (() => void) => none;
  const { issues: failed } = await runPolicyTests(candidate, { plugins, snapshot, after, pause: none });
  snapshot.retire();
  return [...issues, ...failed];
}

const none = (): undefined => undefined;
const OUTCOMES = { refused: none, responded: none, failed: none };

function isFindings<Said>(said: Said | readonly unknown[]): said is Extract<Said, readonly unknown[]> {
  return Array.isArray(said);
}

function issueLines(issues: readonly Issue[]): string[] {
  return issues.length === 0 ? [] : ['issues: |', ...issues.flatMap((issue) => indented(formatIssue(issue)))];
}

function pipelineLines(document: CheckedDocument): string[] {
  const groups = document.groups.flatMap((group) => [
    `  ${group.name}:`,
    `    (group): ${pipeline(group.pipelines[0] ?? [])}`,
    ...group.routes.map((route) => `    ${route.name}: ${pipeline(group.pipelines[route.pipeline] ?? [])}`),
  ]);
  return ['pipelines:', `  (gateway): ${pipeline(document.gateway)}`, ...groups];
}

function pipeline(list: readonly Attached[]): string {
  const entries = list.map(({ policy, level, place, mode, when }) => {
    const shadow = mode === 'enforce' ? '' : ` ${mode}`;
    const conditions = when.map(({ text }) => ` when ${text}`).join('');
    return `${policy} (${level} ${place.line}:${place.column}${shadow}${conditions})`;
  });
  return `[${entries.join(', ')}]`;
}

function documentLines(document: CheckedDocument): string[] {
  const place = (_key: string, value: unknown): unknown =>
    typeof value === 'object' &&
    value !== null &&
    'line' in value &&
    'column' in value &&
    'file' in value &&
    !('code' in value)
      ? `${String(value.line)}:${String(value.column)}`
      : value;
  return ['document: |', ...indented(JSON.stringify({ ...document, warnings: undefined }, place, 2))];
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
