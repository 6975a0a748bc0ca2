import { problem, refusedField } from '@postern/kit';
import type { Finding } from '@postern/kit';

/** Headers that say something else, beside those that no policy edits. */
const TAKEN: ReadonlySet<string> = new Set(['cookie', 'forwarded']);

/** Checks the name under which clients show their keys: of a header, a parameter and a cookie alike. Pure. */
export function checkName(name: string): readonly Finding[] {
  const lower = name.toLowerCase();
  const refused = refusedField(lower, 'request');
  if (refused?.reason === 'name') {
    return [
      problem({
        code: 'key-auth/name',
        path: ['name'],
        message: `${JSON.stringify(name)} is no name that a header, a parameter and a cookie can have`,
        fix: 'use letters, digits and hyphens, such as x-api-key',
      }),
    ];
  }
  if (refused === undefined && !TAKEN.has(lower)) return [];
  return [
    problem({
      code: 'key-auth/name',
      path: ['name'],
      message: `${lower} is a header with a meaning of its own`,
      fix: 'use a name that only keys have, such as x-api-key',
    }),
  ];
}
