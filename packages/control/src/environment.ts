import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Known } from '@postern/config';

/** Variables as plain data, so that they cross into a worker thread. */
export type Variables = Readonly<Record<string, string | undefined>>;

// A secret is a key or a certificate chain, never a disk image.
const LONGEST = 1024 * 1024;

/** What `${env:}` and `${file:}` of a document read: these variables, and files relative to the working directory. */
export function environmentOf(variables: Variables): Known['environment'] {
  return {
    variable: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    file: readText,
  };
}

/** The text of a small regular file, or undefined for whatever reason. */
function readText(path: string): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      return stat.isFile() && stat.size <= LONGEST ? readFileSync(file, 'utf8') : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
