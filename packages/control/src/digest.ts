import { createHash } from 'node:crypto';
import type { SourceText } from '@postern/model';

/** The digest under which a text serves: SHA-256 of its bytes, in hex. */
export function digestOf(source: Pick<SourceText, 'text'>): string {
  return createHash('sha256').update(source.text).digest('hex');
}
