import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readMeasured } from '../core/own.ts';
import type { OwnCase } from '../core/own.ts';
import type { Gap, Row } from '../core/results.ts';
import type { Bench, Found } from './rounds.ts';

/** Milliseconds that a program gets. */
const PATIENCE = 600_000;

/** Runs the program of a case of Postern's own and takes what it measured. */
export async function measureOwn({ children, options, progress }: Bench, own: OwnCase): Promise<Found> {
  const { name, program, flags = [] } = own;
  progress(name);
  const file = join(import.meta.dirname, '../own', program);
  const words = [...flags, file, ...(options.quick ? ['quick'] : [])];
  const child = children.start(name, { command: process.execPath, words, files: {} });
  const deadline = performance.now() + PATIENCE;
  while (child.ended() === undefined && performance.now() < deadline) await delay(100);
  const output = child.output();
  const measured = readMeasured(output);
  const how = child.ended() ?? `did not end within ${PATIENCE / 1000} s`;
  await child.end();
  if (measured === undefined) return gap(own, 'failed', `it ${how}: ${output.trim().slice(-400)}`);
  if (measured.absent !== undefined) return gap(own, 'not comparable', measured.absent);
  const { figures, note } = measured;
  const row: Row = { case: name, peer: 'postern', figures, ...(note === undefined ? {} : { note }) };
  return { rows: [row], gaps: [] };
}

function gap({ name }: OwnCase, kind: Gap['kind'], reason: string): Found {
  return { rows: [], gaps: [{ case: name, peer: 'postern', kind, reason: reason.replaceAll(/\s+/g, ' ') }] };
}
