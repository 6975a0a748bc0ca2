import { plainDocument } from '@postern/config';

/** The values of a document, to be compared; undefined when there is none, or when it is no YAML. Pure. */
export function valuesOf(text: string | Uint8Array | undefined, origin: string): unknown {
  if (text === undefined) return undefined;
  const read = plainDocument({ text, origin, revision: 1 });
  return read.kind === 'accepted' ? read.value : undefined;
}
