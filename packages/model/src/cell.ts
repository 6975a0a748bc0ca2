import type { DecisionRecord, DecisionSummary } from './decision-record.ts';
import type { Decision } from './decision.ts';
import type { Candidate } from './document.ts';
import type { Issue } from './issue.ts';
import type { Labels, PolicyMode } from './policy.ts';

/** One policy of the document that serves, and how much it is used. */
export interface RunningPolicy {
  readonly policy: string;
  readonly plugin: string;
  readonly mode: PolicyMode;
  readonly labels: Labels;
  /** `gateway.yaml:41`: the line that defines it. */
  readonly where: string;
  /** Routes whose pipeline holds it, in any mode. */
  readonly routes: number;
}

/** One of several processes that serve. */
export interface WorkerStatus {
  /** From 1 on; the process that takes another's place takes its number. */
  readonly id: number;
  readonly pid: number | undefined;
  /** `waiting`: the last one died, and the next start is put off. `leaving`: it lets what is in flight end. */
  readonly state: 'waiting' | 'starting' | 'serving' | 'leaving';
  readonly revision: number | undefined;
  /** How often another process took this place. */
  readonly restarts: number;
}

/** What the data plane says of itself. */
export interface CellStatus {
  /** True once a snapshot serves and takes new requests, in one worker at least, and the gateway is not draining. */
  readonly ready: boolean;
  /**
   * Absent while all is well. `closing`: connections are asked to end; `refusing`: new requests are answered 503. Of several
   * workers, what the worst of them does.
   */
  readonly shedding?: 'closing' | 'refusing';
  readonly revision: number | undefined;
  readonly digest: string | undefined;
  /** Snapshots that still have exchanges, the serving one included; of workers, those of the one that has most. */
  readonly liveSnapshots: number;
  /** Policies of the serving document, in its order. */
  readonly policies: readonly RunningPolicy[];
  /** Absent where one process does everything. */
  readonly workers?: readonly WorkerStatus[];
}

/** What became of a candidate. */
export type Applied =
  | { readonly kind: 'accepted'; readonly warnings: readonly Issue[] }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** What a data plane of several processes says without being asked. */
export type CellEvent =
  /** A process died while the document with this digest was new: its time begins again. */
  | { readonly kind: 'disturbed'; readonly digest: string }
  /**
   * Processes died of the document that was accepted under `digest`; `serving` is in its place. Undefined: there was none
   * before, and it stays until another comes.
   */
  | {
      readonly kind: 'revoked';
      readonly digest: string;
      readonly issues: readonly Issue[];
      readonly serving: string | undefined;
    }
  | { readonly kind: 'alarm'; readonly about: string; readonly message: string; readonly fix: string }
  | { readonly kind: 'calm'; readonly about: string };

/** The one port of plain data between those who bring documents, those who serve requests and those who watch. */
export interface Cell {
  /** Compiles, proves and swaps; or refuses and changes nothing. One at a time. */
  apply(candidate: Candidate): Promise<Applied>;
  status(): CellStatus;
  /** Prometheus text exposition. */
  metrics(): Promise<string>;
  /** What is kept of past exchanges, newest first. */
  decisions(filter: DecisionFilter): Promise<readonly DecisionSummary[]>;
  /** The decision of a past exchange, rebuilt now; undefined when nothing is kept under that id. */
  decision(id: string): Promise<ToldDecision | undefined>;
  /** For cells that have something to say: calls `hears` from now on. */
  listen?(hears: (event: CellEvent) => void): void;
}

/** Which records a list wants; absent members take all. */
export interface DecisionFilter {
  readonly status?: number;
  readonly group?: string;
  readonly route?: string;
  readonly policy?: string;
  readonly code?: string;
  /** The newest so many. */
  readonly limit: number;
}

/** A decision after the fact, with the record that it was rebuilt from: what `postern replay` reads. */
export interface ToldDecision extends Decision {
  readonly record: DecisionRecord;
  /** True: the document that served is no longer held, and only what was kept is shown, no policy's steps. */
  readonly documentGone: boolean;
}

/** What control knows of the documents that came. */
export interface ControlStatus {
  readonly source: string;
  readonly origin: string | undefined;
  /** How the serving document came here when not the usual way, for people: `the last good file, 3 h old`. */
  readonly via?: string | undefined;
  /** ISO 8601 time at which the serving document was accepted. */
  readonly acceptedAt: string | undefined;
  readonly warnings: readonly Issue[];
  /** The newest document that was not accepted, until a later one is. */
  readonly refusal:
    | { readonly origin: string; readonly revision: number; readonly at: string; readonly issues: readonly Issue[] }
    | undefined;
  /** True when the server section of the newest document differs from the one read at start. */
  readonly restartNeeded: boolean;
  readonly reloads: { readonly accepted: number; readonly refused: number };
}
