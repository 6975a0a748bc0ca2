import type { CompileContext, Exchange, Finding, Verdict } from '@postern/kit';
import type { HeaderLines } from './headers.ts';

/** Makes the answer to a request; undefined lets it go on. */
export type Made = (exchange: Exchange) => Verdict | undefined;

/** An answer, or every problem with it. */
export interface Making {
  readonly answer?: Made;
  readonly problems: readonly Finding[];
}

/** What each kind of answer is made with. */
export interface Makers {
  readonly context: CompileContext;
  readonly headers: HeaderLines;
}
