import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that say something else, or that end at the gateway or are of its making. */
const TAKEN: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Checks the name under which clients show their keys: of a header, a parameter and a cookie alike. Pure. */
export function checkName(name: string): readonly Finding[] {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name)) {
    return [
      problem({
        code: 'key-auth/name',
        path: ['name'],
        message: `${JSON.stringify(name)} is no name that a header, a parameter and a cookie can have`,
        fix: 'use letters, digits and hyphens, such as x-api-key',
      }),
    ];
  }
  if (!TAKEN.has(lower) && !lower.startsWith('x-consumer-') && !lower.startsWith('x-postern-')) return [];
  return [
    problem({
      code: 'key-auth/name',
      path: ['name'],
      message: `${lower} is a header with a meaning of its own`,
      fix: 'use a name that only keys have, such as x-api-key',
    }),
  ];
}
