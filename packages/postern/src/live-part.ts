import { plainDocument } from '@postern/config';
import type { SourceText } from '@postern/model';

/** Whether the file has a live part that is not the one of the document: it then describes what does not serve. */
export function liveDiffers(file: SourceText, document: SourceText): boolean {
  const own = liveOf(file);
  return own !== undefined && own !== liveOf(document);
}

/** The live part as it is written, in one form; undefined when there is none. */
export function liveOf(source: SourceText): string | undefined {
  const plain = plainDocument(source);
  if (plain.kind === 'refused' || typeof plain.value !== 'object' || plain.value === null) return undefined;
  const members: readonly (readonly [string, unknown])[] = Object.entries(plain.value);
  const live = members.filter(([key]) => key !== 'server');
  return live.length === 0 ? undefined : JSON.stringify(live.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
