import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SoakResult } from './form.ts';

/** The figures of a folder, by name. */
export function readResults(folder: string): readonly SoakResult[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.toSorted().map((file): SoakResult => JSON.parse(readFileSync(join(folder, file), 'utf8')));
}
