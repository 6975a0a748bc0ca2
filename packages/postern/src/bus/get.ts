import { complain, say, tame } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import type { BusFlags } from './flags.ts';
import { toRow } from './history.ts';
import { withSession } from './session.ts';
import { readDocument } from './stored.ts';

/** `postern get`: writes the document of a revision, default the newest, byte for byte, out of its envelope. */
export async function getCommand(revision: number | undefined, flags: BusFlags): Promise<ExitCode> {
  return withSession(flags, async (session) => {
    const stored = await readDocument(session, revision);
    if (flags.json) {
      say(JSON.stringify({ ...toRow(stored), document: new TextDecoder().decode(stored.text) }, undefined, 2));
      return 0;
    }
    const signed =
      stored.envelope === undefined ? '' : `, signed by ${tame(stored.envelope.keyId)} (not verified here)`;
    complain(`${session.subject}@${stored.revision}${signed}`);
    await new Promise<void>((resolve) => void process.stdout.write(stored.text, () => resolve()));
    return 0;
  });
}
