import { createRequire } from 'node:module';

// Read, not imported: an import of JSON needs an attribute that the published package's consumers may not support.
const manifest: unknown = createRequire(import.meta.url)('../package.json');

/** Version of the program. */
export const version: string =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
