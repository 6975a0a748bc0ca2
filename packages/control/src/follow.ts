import type {
  Cell,
  CheckedDocument,
  ControlStatus,
  Issue,
  Log,
  Result,
  Source,
  SourceEvent,
  SourceText,
} from '@postern/model';
import { digestOf } from './digest.ts';
import { brokenIssue, documentIssue, unreadableIssue } from './document-issue.ts';
import { newest } from './newest.ts';
import { restartIssue } from './restart.ts';
import { StatusRecord } from './status.ts';

/** What following a source needs. */
export interface FollowOptions {
  readonly source: Source;
  /** Stage 1; see `check`. */
  check(text: SourceText): Promise<Result<CheckedDocument>>;
  /** Called once, with the first document that passed stage 1: starts what serves it and what shows the status. */
  start(first: CheckedDocument, status: () => ControlStatus): Promise<Cell>;
  readonly log: Log;
}

/** A source that is being followed. */
export interface Control {
  status(): ControlStatus;
  /** Stops following; a build in progress is waited for. */
  close(): Promise<void>;
}

/** What became of the first document: without one that serves there is nothing to follow. */
export type Followed =
  | { readonly kind: 'serving'; readonly control: Control }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/**
 * Brings the documents of a source to the cell: the newest wins, bursts coalesce, one build at a time; what cannot be
 * accepted changes nothing and stands in the status. Resolves when the first document serves or is refused; rejects only
 * with what `start` throws (an address in use).
 */
export async function follow(options: FollowOptions): Promise<Followed> {
  const ending = new AbortController();
  const events = newest(options.source, ending.signal);
  const follower = new Follower(options);
  try {
    const first = await events.next();
    const issues = first.done === true ? [silent(options.source)] : await follower.take(first.value);
    if (issues.length > 0) return { kind: 'refused', issues };
  } finally {
    if (!follower.serves) ending.abort();
  }
  const following = follower.takeAll(events);
  return {
    kind: 'serving',
    control: {
      status: () => follower.status,
      async close(): Promise<void> {
        ending.abort();
        await following;
      },
    },
  };
}

/** The loop's memory: the cell, the server section it was started with, and the digest that serves. */
class Follower {
  readonly #options: FollowOptions;
  readonly #record: StatusRecord;
  #started: { readonly cell: Cell; readonly document: CheckedDocument } | undefined;
  #serving: string | undefined;
  #revision = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#record = new StatusRecord(options.source.name, options.log);
  }

  get status(): ControlStatus {
    return this.#record.status;
  }

  get serves(): boolean {
    return this.#serving !== undefined;
  }

  async takeAll(events: AsyncIterable<SourceEvent, void, undefined>): Promise<void> {
    for await (const event of events) await this.take(event);
  }

  /** Sees one event to its end. What it returns refused the document; empty means that the newest text serves. */
  async take(event: SourceEvent): Promise<readonly Issue[]> {
    if (event.kind === 'unreadable')
      return this.#refuse({ ...event, revision: this.#revision }, [unreadableIssue(event)]);
    this.#revision = event.revision;
    const digest = digestOf(event);
    // After a refusal the text that serves is built again all the same: its revision is then the newest one, and says so.
    if (digest === this.#serving && this.status.refusal === undefined) return [];
    try {
      return await this.#build(event, digest);
    } catch (error) {
      // Before anything serves, what `start` throws is for its caller.
      if (!this.serves) throw error;
      return this.#refuse(event, [brokenIssue(event.origin, 'the build')(error)]);
    }
  }

  async #build(text: SourceText, digest: string): Promise<readonly Issue[]> {
    const checked = await this.#options.check(text);
    if (checked.kind === 'refused') return this.#refuse(text, checked.issues);
    const document = checked.value;
    this.#started ??= { cell: await this.#options.start(document, () => this.status), document };
    const { cell, document: first } = this.#started;
    const applied = await cell.apply({ document, revision: text.revision, digest });
    if (applied.kind === 'refused') return this.#refuse(text, applied.issues);
    this.#serving = digest;
    const restart = restartIssue(first.server, document.server, text);
    this.#record.accepted(text, {
      warnings: unique([...checked.warnings, ...document.warnings, ...applied.warnings, ...(restart ? [restart] : [])]),
      restartNeeded: restart !== undefined,
    });
    return [];
  }

  #refuse(text: { readonly origin: string; readonly revision: number }, issues: readonly Issue[]): readonly Issue[] {
    this.#record.refused({ origin: text.origin, revision: text.revision }, issues);
    return issues;
  }
}

function silent(source: Source): Issue {
  return documentIssue({
    severity: 'error',
    code: 'source/silent',
    origin: source.name,
    message: `source ${source.name} ended without a document`,
    fix: 'report this as a bug of the source',
  });
}

/** A stage may repeat the warnings of the one before it. */
function unique(issues: readonly Issue[]): readonly Issue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()];
}
