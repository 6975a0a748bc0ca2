/** Where a value of the key stands: in which history, at which revision, with which bytes. */
export interface Position {
  /** When the stream was made. */
  readonly created: string;
  readonly revision: number;
  /** SHA-256 of the value as it stands in the bucket, in hex. */
  readonly digest: string;
}

/** What a value is to a node that knows an earlier one. */
export type Standing = 'first' | 'same' | 'newer' | 'new-history' | 'older' | 'split';

/**
 * Compares what the bucket shows with the newest that is known. Within one history revisions only rise, so a lower one is
 * a bucket restored from a backup or a write that the broker lost, and the same one with other bytes is a second broker
 * under the same name: neither may take back what is newer here. Another history has no order with this one. Pure.
 */
export function compare(known: Position | undefined, seen: Position): Standing {
  if (known === undefined) return 'first';
  if (seen.created !== known.created) return 'new-history';
  if (seen.revision > known.revision) return 'newer';
  if (seen.revision < known.revision) return 'older';
  return seen.digest === known.digest ? 'same' : 'split';
}
