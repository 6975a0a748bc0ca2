import { ChunkedReader } from './chunked-reader.ts';
import { LengthReader } from './length-reader.ts';
import { CHUNKED, UNKNOWN } from './request-framing.ts';

/** What takes a body off the wire. */
export type BodyReader = ChunkedReader | LengthReader;

/** The reader of a body by the length in its request's framing; undefined where none can be read. */
export function readerOf(length: number): BodyReader | undefined {
  if (length === 0 || length === UNKNOWN) return undefined;
  return length === CHUNKED ? new ChunkedReader() : new LengthReader(length);
}
