import { check } from '@postern/control';
import { refuses } from '@postern/model';
import type { SourceText } from '@postern/model';
import { lintWarnings } from '../lint.ts';
import { builtinPlugins } from '../plugins.ts';
import { readDocument, stage } from '../stages.ts';
import type { Staged } from '../stages.ts';
import { complain, formatIssues, summary } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import type { PublishFlags } from './flags.ts';
import { planChanges } from './plan-changes.ts';
import type { PlanChange } from './plan-changes.ts';
import { publish } from './publish.ts';
import { withSession } from './session.ts';
import { readSigner } from './signer.ts';

/**
 * `postern push`: checks a file here, publishes it, waits for the fleet. The file's own server section names bucket and key
 * where the command line does not.
 */
export async function pushCommand(file: string, flags: PublishFlags): Promise<ExitCode> {
  const read = await readDocument(file);
  const staged = read.kind === 'refused' ? read : await stage(read.source, builtinPlugins);
  const issues = staged.kind === 'compiled' ? lintWarnings(staged) : staged.issues;
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

/**
 * What the document changes about what runs where. The one before is checked with the plugins that are here: nothing that
 * stands on the bus ever loads code.
 */
async function comparePlans(
  before: SourceText,
  { document, plugins }: Extract<Staged, { kind: 'compiled' }>,
): Promise<readonly PlanChange[]> {
  const settings = { variables: process.env, unresolved: 'warning', server: document.server } as const;
  const checked = await check(before, { plugins: [...plugins.values()], ...settings });
  return checked.kind === 'refused' ? [] : planChanges(checked.value, document);
}
