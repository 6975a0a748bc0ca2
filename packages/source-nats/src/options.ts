import type { SourceText } from '@postern/kit';
import type { BusOptions } from './bus.ts';
import type { TrustedKey } from './keys.ts';

/** Milliseconds; tests shorten them. */
export interface Times {
  /** How long a document has to serve without trouble to be kept as the last good one. */
  readonly good: number;
  /** Between two words of a node; twice as long without a word of the server is an alarm. */
  readonly heartbeat: number;
  /** How long a start waits for the bus before it looks elsewhere for a document. */
  readonly patience: number;
  /** Between two looks at the key when nothing hints that it changed. */
  readonly look: number;
}

export const TIMES: Times = { good: 10_000, heartbeat: 5000, patience: 1000, look: 5000 };

/** A bucket to take documents from, and who takes them. */
export interface NatsSourceOptions extends Omit<BusOptions, 'name'> {
  readonly bucket: string;
  /** Documents are read from `config.<key>`. */
  readonly key: string;
  /** File that keeps the last good document. */
  readonly lastGood: string;
  /** Empty or absent: unsigned documents count. */
  readonly trusted?: readonly TrustedKey[];
  /** Name of this node: letters, digits and hyphens. */
  readonly node: string;
  /** Version of the program, for the reports. */
  readonly version: string;
  /** What serves when neither the bus nor the last good file has a document. */
  readonly fallback?: SourceText | undefined;
  readonly times?: Partial<Times>;
}
