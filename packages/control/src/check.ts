import { Worker } from 'node:worker_threads';
import type { CheckedDocument, PluginFacts, Result, SourceText } from '@postern/model';
import { checkNow } from './check-now.ts';
import type { CheckSettings } from './check-now.ts';
import type { CheckOrder } from './check-worker.ts';
import { brokenIssue } from './document-issue.ts';

/** Bytes of text above which a check leaves the thread that serves requests. */
const IN_PROCESS_BYTES = 64 * 1024;

// A check of the longest document takes seconds. One that takes longer is stuck, and later documents wait behind it.
const DEADLINE = 60_000;

/**
 * Stage 1 of a document's way, the same for `run`, `check` and every reload: text to checked document, in a worker
 * thread when the text is long. Never rejects: a thread that dies or hangs is an issue.
 */
export async function check(source: SourceText, settings: CheckSettings): Promise<Result<CheckedDocument>> {
  const bytes = typeof source.text === 'string' ? Buffer.byteLength(source.text) : source.text.byteLength;
  if (bytes <= IN_PROCESS_BYTES) return checkNow(source, settings);
  const order = { source, settings: { ...settings, plugins: settings.plugins.map(toPlainFacts) } };
  try {
    return await checkInWorker(order);
  } catch (error) {
    return { kind: 'refused', issues: [brokenIssue(source.origin, 'the thread of the check')(error)] };
  }
}

function checkInWorker(order: CheckOrder): Promise<Result<CheckedDocument>> {
  // Published, this file is JavaScript and so is its neighbour.
  const file = import.meta.url.endsWith('.ts') ? './check-worker.ts' : './check-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise<Result<CheckedDocument>>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no result after ${DEADLINE / 1000} s`)), DEADLINE);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the thread ended with code ${code} and without a result`));
    });
  }).finally(() => void worker.terminate());
}

/** Facts without functions and without what a schema library hides in its schemas: only plain data is cloned. */
function toPlainFacts(plugin: PluginFacts): PluginFacts {
  const { name, summary, single, owns } = plugin;
  const config: unknown = JSON.parse(JSON.stringify(plugin.config));
  return { name, summary, single, owns, config: typeof config === 'object' && config !== null ? config : {} };
}
