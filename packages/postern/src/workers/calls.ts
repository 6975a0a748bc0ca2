import type { DocumentPart } from '@postern/control';
import type { CellStatus, DecisionFilter, DecisionSummary, Issue, ServerSection, ToldDecision } from '@postern/model';
import type { CountedMetrics, GatewayServer } from '@postern/server';
import type { Batch, BatchWish } from './budget-ledger.ts';

/** What a worker needs before it can take a document. */
export interface WorkerStart {
  readonly section: ServerSection;
  /** The document that named the plugins: their paths are relative to it. */
  readonly origin: string;
  /** How many workers there are. */
  readonly processes: number;
}

/** What became of a candidate in one worker. */
export type PreparedThere =
  | { readonly kind: 'prepared'; readonly warnings: readonly Issue[] }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** What became of the listeners of one worker. */
export type Opened =
  | { readonly kind: 'opened'; readonly listeners: GatewayServer['listeners'] }
  | { readonly kind: 'refused'; readonly issue: Issue };

/** What the primary asks of a worker. */
export type WorkerCalls = {
  start: { readonly given: WorkerStart; readonly answer: undefined };
  /** A bound socket, for the listener of that name. */
  socket: { readonly given: string; readonly answer: undefined };
  /** One part of a candidate, the first one first. */
  take: { readonly given: DocumentPart; readonly answer: undefined };
  /** All parts were taken. */
  prepare: { readonly given: { readonly revision: number; readonly digest: string }; readonly answer: PreparedThere };
  commit: { readonly given: undefined; readonly answer: undefined };
  abandon: { readonly given: undefined; readonly answer: undefined };
  open: { readonly given: undefined; readonly answer: Opened };
  counted: { readonly given: undefined; readonly answer: CountedMetrics };
  decisions: { readonly given: DecisionFilter; readonly answer: readonly DecisionSummary[] };
  decision: { readonly given: string; readonly answer: ToldDecision | undefined };
  /** Lets no new connection in and what is in flight end: another has its place. The answer is all that it counted. */
  retire: { readonly given: undefined; readonly answer: CountedMetrics };
  /** Lets no new connection in: every worker has to, before the first drains. */
  shut: { readonly given: undefined; readonly answer: undefined };
  /** Lets what is in flight end, then ends the process. */
  drain: { readonly given: undefined; readonly answer: undefined };
};

/** What a worker says of itself, twice a second and when it changes. */
export interface Beat {
  readonly liveSnapshots: number;
  /** Bytes. */
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly heapLimit: number };
  readonly shedding: CellStatus['shedding'];
}

/** What a worker says to the primary. */
export type PrimaryCalls = {
  beat: { readonly given: Beat; readonly answer: undefined };
  /** More of a budget, to take from on its own. */
  batch: { readonly given: BatchWish; readonly answer: Batch };
  /** An error that nobody caught: it drains and ends, and another has to take its place. */
  failing: { readonly given: string; readonly answer: undefined };
};

/** Milliseconds between two beats. */
export const BEAT = 500;
