import { formatIssue } from '@postern/model';
import type { ControlStatus, Issue, Log, SourceEvent, SourceText } from '@postern/model';
import { documentIssue } from './document-issue.ts';

/** What came, without its text. */
export type Arrival = Pick<SourceText, 'origin' | 'revision' | 'via'>;

/** What an acceptance says. `restartNeeded`: the server section is no longer the one read at start. */
export interface Acceptance {
  readonly warnings: readonly Issue[];
  readonly restartNeeded: boolean;
  /** ISO 8601. */
  readonly at: string;
}

/** The memory of what became of the documents; every accepted and refused one is logged as well. */
export class StatusRecord {
  readonly #log: Log;
  readonly #saysFirstRefusal: boolean;
  readonly #alarms = new Map<string, Issue>();
  #warnings: readonly Issue[] = [];
  #status: ControlStatus;

  constructor(source: string, options: { readonly log: Log; readonly saysFirstRefusal: boolean }) {
    this.#log = options.log;
    this.#saysFirstRefusal = options.saysFirstRefusal;
    this.#status = {
      source,
      origin: undefined,
      via: undefined,
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

  accepted(arrival: Arrival, outcome: Acceptance): void {
    const { reloads, refusal } = this.#status;
    this.goneBack(arrival, outcome);
    this.#status = {
      ...this.#status,
      // What serves in the place of a document that was refused does not undo the refusal.
      refusal: arrival.via === undefined ? undefined : refusal,
      reloads: { ...reloads, accepted: reloads.accepted + 1 },
    };
    for (const issue of outcome.warnings) this.#log.warn({ code: issue.code }, formatIssue(issue));
    this.#log.info(
      { revision: arrival.revision, restartNeeded: outcome.restartNeeded },
      `${arrival.origin} revision ${arrival.revision}${arrival.via === undefined ? '' : `, ${arrival.via},`} serves`,
    );
  }

  /** What was accepted earlier serves again. */
  goneBack({ origin, via }: Arrival, { warnings, restartNeeded, at }: Acceptance): void {
    this.#warnings = warnings;
    this.#status = { ...this.#status, restartNeeded, warnings: this.#allWarnings(), origin, via, acceptedAt: at };
  }

  /** The text that serves came again: under another origin, or by another way. */
  same({ origin, via }: Arrival): void {
    this.#status = { ...this.#status, origin, via };
  }

  /** Keeps an alarm among the warnings until whoever gave it is calm about that again. */
  alarm(event: Extract<SourceEvent, { kind: 'alarm' | 'calm' }>, code = 'source/alarm'): void {
    if (event.kind === 'alarm') {
      const { origin, message, fix } = event;
      const issue = documentIssue({ severity: 'warning', code, origin, message, fix });
      // Said again and again by its source, logged once.
      if (this.#alarms.get(event.about)?.message !== message)
        this.#log.warn({ code: issue.code, about: event.about }, formatIssue(issue));
      this.#alarms.set(event.about, issue);
    } else if (this.#alarms.delete(event.about))
      this.#log.info({ about: event.about }, `${code.split('/')[0]}: ${event.about} is well again`);
    this.#status = { ...this.#status, warnings: this.#allWarnings() };
  }

  #allWarnings(): readonly Issue[] {
    return [...this.#alarms.values(), ...this.#warnings];
  }

  refused(arrival: Arrival, issues: readonly Issue[]): void {
    const { reloads, origin, refusal } = this.#status;
    const { revision, via } = arrival;
    const now = { origin: arrival.origin, revision, at: new Date().toISOString(), issues };
    this.#status = {
      ...this.#status,
      // What was tried in the place of the newest is not the newest: that stays the one that people have to mend.
      refusal: via === undefined ? now : (refusal ?? now),
      reloads: { ...reloads, refused: reloads.refused + 1 },
    };
    // The first document's issues go to whoever asked to follow; a log nobody reads yet would only say them twice.
    if (origin === undefined && !this.#saysFirstRefusal) return;
    for (const issue of issues) {
      const record = { code: issue.code };
      if (issue.severity === 'error') this.#log.error(record, formatIssue(issue));
      else this.#log.warn(record, formatIssue(issue));
    }
    this.#log.error(
      { revision: arrival.revision, issues: issues.length },
      `${arrival.origin} revision ${arrival.revision} is refused; ${origin === undefined ? 'nothing serves yet' : 'the last good document keeps serving'}`,
    );
  }
}
