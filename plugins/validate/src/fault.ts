import { refuse } from '@postern/kit';
import type { Verdict } from '@postern/kit';

/** One thing that does not fit: where, by JSON pointer, and which rule, in words. The value itself is never a part of it. */
export interface Fault {
  readonly pointer: string;
  readonly words: string;
}

/** What of a request is checked, by the word that codes have for it. */
export type PartName = 'body' | 'query' | 'headers' | 'params' | 'cookies';

/** Faults that one refusal names. */
const MOST_FAULTS = 5;
/** Characters of a pointer that a refusal shows: names in it may come from the client. */
const LONGEST_POINTER = 120;

const NOUNS: Readonly<Record<PartName, string>> = {
  body: 'The body',
  query: 'The query',
  headers: 'The headers',
  params: 'The path',
  cookies: 'The cookies',
};

const CODES: Readonly<Record<PartName, string>> = {
  body: 'validate/body',
  query: 'validate/query',
  headers: 'validate/headers',
  params: 'validate/params',
  cookies: 'validate/cookies',
};

/** Turns a request away for what does not fit. One sentence with at most five faults. */
export function refuseFaults(part: PartName, faults: readonly Fault[], status: number): Verdict {
  const named = faults.slice(0, MOST_FAULTS).map(({ pointer, words }) => `${shown(pointer, part)} ${words}`);
  const more = faults.length > MOST_FAULTS ? '; and more' : '';
  return refuse({
    status,
    code: CODES[part],
    detail: `${NOUNS[part]} does not fit: ${named.join('; ')}${more}.`.replace(
      /^The (headers|cookies) does/,
      'The $1 do',
    ),
  });
}

/** Turns a request away for a part that cannot be read. */
export function refuseUnreadable(part: PartName, words: string): Verdict {
  return refuse({ status: 400, code: CODES[part], detail: `${NOUNS[part]} ${words}.` });
}

function shown(pointer: string, part: PartName): string {
  if (pointer === '') return part === 'body' ? 'it' : 'they';
  // What a terminal would obey, or a log would take for a new line, is no part of a pointer that is shown.
  const plain = pointer.replace(/[^\u0020-\u007e\u00a0-\ud7ff\ue000-\uffff]/g, '?');
  return plain.length > LONGEST_POINTER ? `${plain.slice(0, LONGEST_POINTER)}...` : plain;
}
