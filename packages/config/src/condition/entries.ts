import type { EntryOf } from '@postern/model';

/** A name as it is looked up: those of headers in lower case. */
export function caseOf(of: EntryOf, name: string): string {
  return of === 'request.headers' ? name.toLowerCase() : name;
}

/** What is read by name, by how conditions write it. */
export const ENTRIES: ReadonlyMap<string, EntryOf> = new Map(
  (
    ['request.headers', 'request.query', 'params', 'consumer.labels', 'claims', 'group.labels', 'route.labels'] as const
  ).map((of) => [of, of]),
);
