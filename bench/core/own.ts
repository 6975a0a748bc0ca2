import type { Figure } from './results.ts';
import { spreadOf } from './statistics.ts';

/** A case of Postern alone: a program that prints what it measured as one line of JSON. */
export interface OwnCase {
  readonly name: string;
  readonly what: string;
  /** The program, under `bench/own`. */
  readonly program: string;
  /** Flags for Node. */
  readonly flags?: readonly string[];
}

/** What such a program prints. */
export interface Measured {
  readonly figures: Readonly<Record<string, Figure>>;
  readonly note?: string;
  /** What is missing here, and why there are no figures. */
  readonly absent?: string;
}

export const OWN_CASES: readonly OwnCase[] = [
  { name: 'decision', what: 'engine alone, five policies, no I/O', program: 'decision.ts' },
  { name: 'gate', what: 'the front check alone, a browser’s head', program: 'gate.ts' },
  { name: 'start', what: 'from exec to the first answered request', program: 'start.ts' },
  { name: 'load-10k', what: 'text to serving, 10,000 routes', program: 'load-10k.ts', flags: ['--expose-gc'] },
  {
    name: 'reloads',
    what: 'memory after 10,000 reloads',
    program: 'reloads.ts',
    // Left alone, V8 doubles the room for young objects while much garbage is made: RSS would grow by what nothing retains.
    flags: ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'],
  },
  { name: 'streams', what: 'memory of a stream that its client does not read', program: 'streams.ts' },
  { name: 'bus', what: 'put to enforced on five nodes', program: 'bus.ts' },
];

/** A figure from everything that was measured of it. */
export function figure(unit: string, ...values: readonly number[]): Figure {
  return { unit, ...spreadOf(values) };
}

const MARK = '{"figures"';

/** The line that carries what was measured to the bench. */
export function measuredLine(measured: Measured): string {
  return JSON.stringify(measured);
}

/** Finds that line in what a program wrote; undefined when it is not there. */
export function readMeasured(output: string): Measured | undefined {
  const line = output.split('\n').findLast((line) => line.startsWith(MARK));
  return line === undefined ? undefined : JSON.parse(line);
}
