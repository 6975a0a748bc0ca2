import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { FULL } from '../kit/sized.ts';

/** One figure of a soak run, as it is kept: `docs/reliability/<name>.json`. */
export interface SoakResult {
  readonly name: string;
  /** What was measured; for counts of what went wrong, how many. */
  readonly figure: number;
  /** Of how many. */
  readonly denominator: number;
  /** What went wrong, for people; at most the first hundred. */
  readonly failures: readonly string[];
  readonly seed: number;
  readonly seconds: number;
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  /** What the figure is, and the most that it may be. */
  readonly title: string;
  readonly unit: string;
  readonly most: number;
  /** False: it ran in seconds, which says that it runs and not much more. */
  readonly full: boolean;
  /** More that was seen, for people. */
  readonly remarks: string;
}

/** What a machine is, as far as it matters for a figure. */
export function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} x ${first?.model.trim() ?? 'unknown'}, ${memory} GiB, ${process.platform}, Node ${process.version}`;
}

/** Says how far a form is; the runner shows it. */
export function progress(t: Test, text: string): void {
  t.comment(`progress: ${text}`);
}

/** What a form has found. */
export type Found = Pick<SoakResult, 'name' | 'figure' | 'denominator' | 'failures' | 'title' | 'unit' | 'most'> & {
  readonly seed?: number;
  readonly remarks?: string;
  /** By `performance.now()`. */
  readonly begun: number;
};

/** Says a figure, and keeps it in the folder `SOAK_OUT` where that is given. */
export function keep(t: Test, { begun, ...found }: Found): void {
  const result: SoakResult = {
    seed: Number(process.env['SEED'] ?? 0),
    remarks: '',
    ...found,
    failures: found.failures.slice(0, 100),
    seconds: Math.round((performance.now() - begun) / 100) / 10,
    date: new Date().toISOString(),
    machine: machine(),
    full: FULL,
  };
  const { name, figure, unit, denominator, title, remarks } = result;
  t.comment(`${name}: ${title}: ${figure} ${unit} of ${denominator}${remarks === '' ? '' : `; ${remarks}`}`);
  const folder = process.env['SOAK_OUT'] ?? '';
  if (folder === '') return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
