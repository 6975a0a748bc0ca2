import { refuses } from '@postern/model';
import type { SourceText } from '@postern/model';
import { lintWarnings } from '../lint.ts';
import { builtinPlugins } from '../plugins.ts';
import { runStagedTests } from '../staged-tests.ts';
import { groundOf, readDocument, stage } from '../stages.ts';
import type { Staged } from '../stages.ts';
import { complain, formatIssues, summary } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import { checkStored } from './check-stored.ts';
import type { PushFlags } from './flags.ts';
import { planChanges } from './plan-changes.ts';
import type { PlanChange } from './plan-changes.ts';
import { publish } from './publish.ts';
import { withSession } from './session.ts';
import { readSigner } from './signer.ts';

/**
 * `postern push`: checks a file here, publishes it, waits for the fleet. The server section names bucket and key where the
 * command line does not: that of the node's file where one is given, else the file's own.
 */
export async function pushCommand(file: string, flags: PushFlags): Promise<ExitCode> {
  const read = await readDocument(file);
  const staged = read.kind === 'refused' ? read : await stageOn(flags.server, read.source);
  const found = staged.kind === 'compiled' ? await runStagedTests(staged) : staged;
  const issues = staged.kind === 'compiled' ? [...lintWarnings(staged), ...found.issues] : found.issues;
  if (issues.length > 0) complain(`${formatIssues(issues)}\n${summary(file, issues)}`);
  if (read.kind === 'refused' || staged.kind === 'refused' || refuses(issues)) return 1;
  staged.close();
  const { text } = read.source;
  const { name, nats } = staged.document.server;
  const bucket = flags.bucket ?? nats?.bucket;
  const named = { ...flags, key: flags.key ?? nats?.key ?? name, ...(bucket && { bucket }) };
  return withSession(named, async (session) => {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    const signer = await readSigner(flags.sign);
    const plan = (before: SourceText): Promise<readonly PlanChange[]> => comparePlans(before, staged);
    return publish(session, { text: bytes, message: flags.message, signer, plan }, flags);
  });
}

async function stageOn(node: string | undefined, source: SourceText): Promise<Staged> {
  const found = await groundOf(node, builtinPlugins);
  return found.kind === 'refused' ? found : stage(source, found.ground);
}

/** What the document changes about what runs where. */
async function comparePlans(
  source: SourceText,
  { document, plugins }: Extract<Staged, { kind: 'compiled' }>,
): Promise<readonly PlanChange[]> {
  const before = await checkStored(source, { server: document.server, plugins: [...plugins.values()] });
  return before === undefined ? [] : planChanges(before, document);
}
