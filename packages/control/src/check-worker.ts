// A thread that checks long texts, one order after the other, and posts each result in parts.
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Issue, SourceText } from '@postern/model';
import { checkNow } from './check-now.ts';
import type { CheckSettings } from './check-now.ts';
import { partsOf } from './document-parts.ts';
import type { DocumentPart } from './document-parts.ts';

/** What crosses into the thread. */
interface CheckOrder {
  readonly source: SourceText;
  readonly settings: CheckSettings;
  /** Takes the parts of the result. */
  readonly parts: MessagePort;
}

/** A result in parts. */
export type CheckPart = { readonly kind: 'refused'; readonly issues: readonly Issue[] } | DocumentPart;

parentPort?.on('message', ({ source, settings, parts }: CheckOrder) => {
  let count = 0;
  const result = checkNow(source, settings);
  for (const part of result.kind === 'refused' ? [result] : partsOf(result.value)) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
    parts.postMessage(part);
    count += 1;
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the same
  parentPort?.postMessage(count);
});
