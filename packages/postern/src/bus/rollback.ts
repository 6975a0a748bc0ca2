import type { ExitCode } from '../terminal.ts';
import type { PublishFlags } from './flags.ts';
import { publish } from './publish.ts';
import { withSession } from './session.ts';
import { readSigner } from './signer.ts';
import { readDocument } from './stored.ts';

/**
 * `postern rollback`: publishes the document of an older revision as a new one. It is not checked here: plugins and
 * variables are the nodes', and a node that cannot take it keeps what it has.
 */
export async function rollbackCommand(revision: number, flags: PublishFlags): Promise<ExitCode> {
  return withSession(flags, async (session) => {
    const signer = await readSigner(flags.sign);
    const { text } = await readDocument(session, revision);
    const message = flags.message ?? `rollback to revision ${revision}`;
    return publish(session, { text, message, signer }, flags);
  });
}
