// A thread that checks long texts, one order after the other, and posts each result in parts.
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { CheckedDocument, Issue, SourceText } from '@postern/model';
import { checkNow } from './check-now.ts';
import type { CheckSettings } from './check-now.ts';

/** What crosses into the thread. */
interface CheckOrder {
  readonly source: SourceText;
  readonly settings: CheckSettings;
  /** Takes the parts of the result. */
  readonly parts: MessagePort;
}

/** A result in parts: small enough that whoever takes one out of the port is not held up. */
export type CheckPart =
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] }
  | { readonly kind: 'document'; readonly document: Omit<CheckedDocument, 'groups'> }
  | { readonly kind: 'group'; readonly group: Omit<CheckedDocument['groups'][number], 'routes'> }
  | { readonly kind: 'routes'; readonly routes: CheckedDocument['groups'][number]['routes'] };

const ROUTES_PER_PART = 250;

parentPort?.on('message', ({ source, settings, parts }: CheckOrder) => {
  let count = 0;
  for (const part of partsOf(checkNow(source, settings))) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
    parts.postMessage(part);
    count += 1;
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the same
  parentPort?.postMessage(count);
});

function* partsOf(result: ReturnType<typeof checkNow>): Generator<CheckPart> {
  if (result.kind === 'refused') {
    yield result;
    return;
  }
  const { groups, ...document } = result.value;
  yield { kind: 'document', document };
  for (const { routes, ...group } of groups) {
    yield { kind: 'group', group };
    for (let at = 0; at < routes.length; at += ROUTES_PER_PART) {
      yield { kind: 'routes', routes: routes.slice(at, at + ROUTES_PER_PART) };
    }
  }
}
