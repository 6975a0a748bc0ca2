import { formatIssue } from '@postern/model';
import type { ControlStatus, Issue, Log, SourceText } from '@postern/model';

/** What came, without its text. */
export type Arrival = Pick<SourceText, 'origin' | 'revision'>;

/** The memory of what became of the documents; every accepted and refused one is logged as well. */
export class StatusRecord {
  readonly #log: Log;
  #status: ControlStatus;

  constructor(source: string, log: Log) {
    this.#log = log;
    this.#status = {
      source,
      origin: undefined,
      acceptedAt: undefined,
      warnings: [],
      refusal: undefined,
      restartNeeded: false,
      reloads: { accepted: 0, refused: 0 },
    };
  }

  get status(): ControlStatus {
    return this.#status;
  }

  /** `restartNeeded`: the server section is no longer the one read at start. */
  accepted(arrival: Arrival, outcome: { readonly warnings: readonly Issue[]; readonly restartNeeded: boolean }): void {
    const { reloads } = this.#status;
    this.#status = {
      ...this.#status,
      ...outcome,
      origin: arrival.origin,
      acceptedAt: new Date().toISOString(),
      refusal: undefined,
      reloads: { ...reloads, accepted: reloads.accepted + 1 },
    };
    for (const issue of outcome.warnings) this.#log.warn({ code: issue.code }, formatIssue(issue));
    this.#log.info(
      { revision: arrival.revision, restartNeeded: outcome.restartNeeded },
      `${arrival.origin} revision ${arrival.revision} serves`,
    );
  }

  refused(arrival: Arrival, issues: readonly Issue[]): void {
    const { reloads, origin } = this.#status;
    this.#status = {
      ...this.#status,
      refusal: { ...arrival, at: new Date().toISOString(), issues },
      reloads: { ...reloads, refused: reloads.refused + 1 },
    };
    // The first document's issues go to whoever asked to follow; a log nobody reads yet would only say them twice.
    if (origin === undefined) return;
    for (const issue of issues) {
      const record = { code: issue.code };
      if (issue.severity === 'error') this.#log.error(record, formatIssue(issue));
      else this.#log.warn(record, formatIssue(issue));
    }
    this.#log.error(
      { revision: arrival.revision, issues: issues.length },
      `${arrival.origin} revision ${arrival.revision} is refused; the last good document keeps serving`,
    );
  }
}
