import type { CheckedDocument, Result, SourceText } from '@postern/model';
import { checkNow } from './check-now.ts';
import type { CheckSettings } from './check-now.ts';
import { checkInThread } from './check-thread.ts';
import { brokenIssue } from './document-issue.ts';
import { toPlainSettings } from './plain-settings.ts';

/** Bytes of text above which a check leaves the thread that serves requests. */
const IN_PROCESS_BYTES = 64 * 1024;

/**
 * Stage 1 of a document's way, the same for `run`, `check` and every reload: text to checked document, in a worker
 * thread when the text is long. Never rejects: a thread that dies or hangs is an issue. With the document `before`, a long one
 * takes room only for what differs.
 */
export async function check(
  source: SourceText,
  settings: CheckSettings,
  before?: CheckedDocument,
): Promise<Result<CheckedDocument>> {
  const bytes = typeof source.text === 'string' ? Buffer.byteLength(source.text) : source.text.byteLength;
  if (bytes <= IN_PROCESS_BYTES) return checkNow(source, settings);
  try {
    return await checkInThread(source, toPlainSettings(settings), before);
  } catch (error) {
    return { kind: 'refused', issues: [brokenIssue(source.origin, 'the thread of the check')(error)] };
  }
}
