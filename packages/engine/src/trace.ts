import type { DecidedEdit, StepName, StepVerdict } from '@postern/model';

/** What one step of one policy did, filled in while it runs. */
export interface Trace {
  readonly policy: string;
  readonly step: StepName;
  /** Undefined while the step runs; for good when it was late. */
  verdict: StepVerdict | undefined;
  status: number | null;
  code: string | null;
  detail: string | null;
  readonly reads: Set<string>;
  readonly edits: DecidedEdit[];
  readonly asked: { readonly key: string; readonly answer: 'recorded' | 'given' | 'would ask' }[];
  /** It read a credential, or a query, that was not kept. */
  readHidden: boolean;
  identified: boolean;
}
