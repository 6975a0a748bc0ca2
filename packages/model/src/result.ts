import type { Issue } from './issue.ts';

/** What a stage on a document's way says: a value with its warnings, or every issue that stands against it. */
export type Result<Value> =
  | { readonly kind: 'accepted'; readonly value: Value; readonly warnings: readonly Issue[] }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };
