// The thread of one check: takes what `check.ts` hands over, posts the result, ends.
import { parentPort, workerData } from 'node:worker_threads';
import type { SourceText } from '@postern/model';
import { checkNow } from './check-now.ts';
import type { CheckSettings } from './check-now.ts';

/** What crosses into the thread. */
export interface CheckOrder {
  readonly source: SourceText;
  readonly settings: CheckSettings;
}

// oxlint-disable-next-line typescript/no-unsafe-assignment -- untyped by nature; check.ts, who alone starts this file, passes a CheckOrder
const order: CheckOrder = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort?.postMessage(checkNow(order.source, order.settings));
