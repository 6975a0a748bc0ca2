import type { Issue, SourceEvent } from '@postern/kit';
import type { Entry } from './bucket.ts';

/** How a document came when the bus had none to give. */
export const WITHOUT_BUS = 'for want of a document from the bus';

/** How an older document of the bus came. */
export const OVERTAKEN = 'for the newer ones are refused';

/** Says that the revisions of a bucket begin again. */
export function madeAnew({ bucket, key }: { readonly bucket: string; readonly key: string }, at: string): SourceEvent {
  const message = `bucket ${bucket} was made anew at ${at}: its revisions begin again, and what it has is taken`;
  return { kind: 'alarm', about: 'history', origin: `config.${key}`, message, fix: 'see to it that this was meant' };
}

/** Why an entry that is older than a known one, or another under its revision, is not taken. */
export function whyNot(standing: 'older' | 'split', { key, revision }: Entry, known: number | undefined): string {
  if (standing === 'split')
    return `${key}@${revision} has another text than the ${key}@${revision} that was here before: two brokers, or a lost write`;
  return `the bucket has ${key}@${revision}, and ${key}@${known} was here before: a backup was restored, or a write was lost`;
}

/** The issue for a document that ended the process too often. */
export function deadly(file: string, trials: string): Issue {
  return {
    severity: 'error',
    code: 'source/deadly',
    message: 'the process ended without a word three times while this document was new: it is not loaded again',
    fix: `change the document and push it again; to try this one all the same, delete ${trials} and restart`,
    file,
    line: 1,
    column: 1,
    pointer: '',
  };
}
