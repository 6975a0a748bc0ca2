import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SoakResult } from './form.ts';

/** The figures of a folder, by name. What others keep there may lack titles and units; what is no figure is left out. */
export function readResults(folder: string): readonly SoakResult[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.toSorted().flatMap((file) => {
    const read: Partial<Omit<SoakResult, 'failures' | 'figure'>> & {
      readonly failures?: unknown;
      readonly figure?: unknown;
    } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const { name, figure, denominator, failures } = read;
    if (name === undefined || figure === undefined || denominator === undefined) return [];
    const list = Array.isArray(failures) ? failures.map(String) : failures === 0 ? [] : [String(failures)];
    // A figure in words is its own title.
    const isText = typeof figure !== 'number';
    return [
      {
        seed: 0,
        seconds: 0,
        date: '',
        machine: '',
        unit: '',
        most: 0,
        full: true,
        remarks: '',
        ...read,
        name,
        denominator,
        title: read.title ?? (typeof figure === 'string' ? figure : name),
        figure: isText ? list.length : figure,
        failures: list,
      },
    ];
  });
}
