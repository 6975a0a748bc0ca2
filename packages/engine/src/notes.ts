import type { Verdict } from '@postern/model';
import type { Failure } from './pipeline.ts';

/** One edit, of a header or of the target, and the policy that made it. `dropped`: it has no effect; another plugin owns that header, or it was made in shadow. */
export interface Edit {
  readonly policy: string;
  readonly on: 'outgoing' | 'response' | 'target';
  readonly operation: 'set' | 'add' | 'remove';
  readonly name: string;
  readonly value: string;
  readonly dropped: boolean;
}

/** One verdict and the policy that gave it. */
export interface Given {
  readonly policy: string;
  readonly kind: 'respond' | 'refuse' | 'failed';
  readonly code: string;
  /** Undefined for a policy that broke. */
  readonly verdict: Verdict | undefined;
}

/** One question to the outside, with its answer when it has come. */
export interface OutsideQuestion {
  readonly policy: string;
  readonly key: string;
  value: unknown;
  promised: boolean;
  /** True until the answer has come, and for good when the question failed. */
  failed: boolean;
}

/** One number of chance, and the policy that asked for it. */
export interface Draw {
  readonly policy: string;
  readonly value: number;
}

/** What is noted of an exchange beside edits and verdicts. Most exchanges have nothing of it, and so no such object. */
export interface Notes {
  /** What policies asked outside the gateway, and what they were told. */
  readonly asked: OutsideQuestion[];
  /** What chance gave to policies. */
  readonly drawn: Draw[];
  readonly failures: Failure[];
}

/** Nothing noted: one object for all exchanges of which that is so. */
export const NO_NOTES: {
  readonly asked: readonly OutsideQuestion[];
  readonly drawn: readonly Draw[];
  readonly failures: readonly Failure[];
} = Object.freeze({
  asked: Object.freeze([]),
  drawn: Object.freeze([]),
  failures: Object.freeze([]),
});

/** The same for edits and verdicts. */
export const NO_EDITS: readonly Edit[] = Object.freeze([]);
export const NONE_GIVEN: readonly Given[] = Object.freeze([]);
