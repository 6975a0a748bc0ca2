import type { Spread } from './statistics.ts';

/** One figure of a case: a median with its unit. */
export interface Figure extends Spread {
  readonly unit: string;
}

/** What was found for one peer in one case. */
export interface Row {
  readonly case: string;
  readonly peer: string;
  /** By name: `cpu`, `rate`, `p50`, `p99`, `rss` of a load; cases that are Postern's own have names of their own. */
  readonly figures: Readonly<Record<string, Figure>>;
  /** What a reader has to know to judge the figures. */
  readonly note?: string;
}

/** A peer that was not measured in a case, or a row that is worth nothing. */
export interface Gap {
  readonly case: string;
  readonly peer: string;
  readonly kind: 'not comparable' | 'failed';
  readonly reason: string;
}

/** Everything a run found. */
export interface Results {
  readonly date: string;
  readonly machine: {
    readonly cores: number;
    readonly model: string;
    readonly memory: string;
    readonly system: string;
    readonly load: number;
  };
  /** How it was measured, in one line. */
  readonly method: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Peers and tools that are not here, with what is missing. */
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  readonly gaps: readonly Gap[];
}

/** Reads the results of a run. Throws when the text is none. */
export function readResults(text: string): Results {
  const results: Results = JSON.parse(text);
  if (!Array.isArray(results.rows) || !Array.isArray(results.gaps) || typeof results.date !== 'string')
    throw new Error('these are no results of the bench');
  return results;
}
