import type { CheckedDocument, PluginFacts, Result, SourceText } from '@postern/model';
import { checkNow } from './check-now.ts';
import type { CheckSettings } from './check-now.ts';
import { checkInThread } from './check-thread.ts';
import { brokenIssue } from './document-issue.ts';

/** Bytes of text above which a check leaves the thread that serves requests. */
const IN_PROCESS_BYTES = 64 * 1024;

/**
 * Stage 1 of a document's way, the same for `run`, `check` and every reload: text to checked document, in a worker
 * thread when the text is long. Never rejects: a thread that dies or hangs is an issue.
 */
export async function check(source: SourceText, settings: CheckSettings): Promise<Result<CheckedDocument>> {
  const bytes = typeof source.text === 'string' ? Buffer.byteLength(source.text) : source.text.byteLength;
  if (bytes <= IN_PROCESS_BYTES) return checkNow(source, settings);
  try {
    return await checkInThread(source, { ...settings, plugins: settings.plugins.map(toPlainFacts) });
  } catch (error) {
    return { kind: 'refused', issues: [brokenIssue(source.origin, 'the thread of the check')(error)] };
  }
}

/** Facts without functions and without what a schema library hides in its schemas: only plain data is cloned. */
function toPlainFacts(plugin: PluginFacts): PluginFacts {
  const { name, summary, single, owns, preflight } = plugin;
  const config: unknown = JSON.parse(JSON.stringify(plugin.config));
  return {
    name,
    summary,
    single,
    owns,
    preflight,
    config: typeof config === 'object' && config !== null ? config : {},
  };
}
