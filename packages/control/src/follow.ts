import type {
  Cell,
  CellEvent,
  CheckedDocument,
  ControlStatus,
  Issue,
  Log,
  Outcome,
  Result,
  ServerSection,
  Source,
  SourceEvent,
  SourceText,
} from '@postern/model';
import { AcceptedDocuments } from './accepted.ts';
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
  /** Called once, with the section that holds: starts what serves documents and what shows the status. */
  start(server: ServerSection, status: () => ControlStatus): Promise<Cell>;
  /** The server section, when documents do not bring it: `start` is called at once, and there may be no document for long. */
  readonly server?: ServerSection | undefined;
  readonly log: Log;
}

/** A source that is being followed. */
export interface Control {
  status(): ControlStatus;
  /** Resolves once the source has said what there is at the start, and that has come to its end; never rejects. */
  readonly settled: Promise<void>;
  /** Stops following; a build in progress is waited for. With a cause, the process ends because of it: sources see it as their signal's reason. */
  close(cause?: Error): Promise<void>;
}

/** What became of the first document: without one that serves there is nothing to follow. */
export type Followed =
  | { readonly kind: 'serving'; readonly control: Control }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/**
 * Brings the documents of a source to the cell: the newest wins, bursts coalesce, one build at a time; what cannot be
 * accepted changes nothing and stands in the status. Resolves when the first document serves or is refused - with a server
 * section of its own at once, whatever the source says; rejects only with what `start` throws (an address in use).
 */
export async function follow(options: FollowOptions): Promise<Followed> {
  const ending = new AbortController();
  const events = newest(options.source, ending.signal);
  const follower = new Follower(options);
  try {
    if (options.server === undefined) {
      const issues = await takeFirst(events, follower, options.source);
      if (issues.length > 0) return { kind: 'refused', issues };
    } else await follower.start(options.server);
  } finally {
    if (!follower.started) ending.abort();
  }
  const settled = options.server === undefined ? Promise.resolve() : takeFirst(events, follower, options.source);
  const following = settled.then(() => follower.takeAll(events));
  return {
    kind: 'serving',
    control: {
      status: () => follower.status,
      settled: settled.then(() => undefined),
      async close(cause): Promise<void> {
        ending.abort(cause);
        await following;
      },
    },
  };
}

/** Takes events to the first that is about a document. What it returns refused that. */
async function takeFirst(
  events: AsyncIterator<SourceEvent, void, undefined>,
  follower: Follower,
  source: Source,
): Promise<readonly Issue[]> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return [silent(source)];
    const issues = await follower.take(next.value);
    if (next.value.kind !== 'alarm' && next.value.kind !== 'calm') return issues;
  }
}

/** Events that bring a document. */
type Text = Extract<SourceEvent, { kind: 'text' }>;
type Document = Text | Extract<SourceEvent, { kind: 'refused' }>;

/** The loop's memory: the cell, the server section it was started with, and the digest that serves. */
class Follower {
  readonly #options: FollowOptions;
  readonly #record: StatusRecord;
  #started: { readonly cell: Cell; readonly server: ServerSection } | undefined;
  readonly #accepted = new AcceptedDocuments();
  #serving: string | undefined;
  #revision = 0;

  constructor(options: FollowOptions) {
    const { source, log, server } = options;
    this.#options = options;
    // Without a section of its own, a first document that is refused goes to whoever asked to follow.
    this.#record = new StatusRecord(source.name, { log, saysFirstRefusal: server !== undefined });
  }

  get status(): ControlStatus {
    return this.#record.status;
  }

  get started(): boolean {
    return this.#started !== undefined && (this.#serving !== undefined || this.#options.server !== undefined);
  }

  async start(server: ServerSection): Promise<Cell> {
    if (this.#started !== undefined) return this.#started.cell;
    const cell = await this.#options.start(server, () => this.status);
    this.#started = { cell, server };
    cell.listen?.((event) => this.#hear(event));
    return cell;
  }

  async takeAll(events: AsyncIterable<SourceEvent, void, undefined>): Promise<void> {
    for await (const event of events) await this.take(event);
  }

  /** Sees one event to its end. What it returns refused the document; empty means that the newest text serves. */
  async take(event: SourceEvent): Promise<readonly Issue[]> {
    switch (event.kind) {
      case 'alarm':
      case 'calm':
        this.#record.alarm(event);
        return [];
      case 'unreadable':
        this.#record.refused({ ...event, revision: this.#revision }, [unreadableIssue(event)]);
        return [unreadableIssue(event)];
      case 'refused':
        return this.#refuse(event, event.digest, event.issues);
      default:
        return this.#take(event, digestOf(event));
    }
  }

  async #take(text: Text, digest: string): Promise<readonly Issue[]> {
    this.#revision = text.revision;
    // After a refusal the text that serves is built again all the same: its revision is then the newest one, and says so.
    if (digest === this.#serving && this.status.refusal === undefined) {
      this.#record.same(text);
      return this.#tell(text, digest, []);
    }
    try {
      return await this.#build(text, digest);
    } catch (error) {
      // Before anything is started, what `start` throws is for its caller.
      if (this.#started === undefined) throw error;
      return this.#refuse(text, digest, [brokenIssue(text.origin, 'the build')(error)]);
    }
  }

  async #build(text: Text, digest: string): Promise<readonly Issue[]> {
    const checked = await this.#options.check(text);
    if (checked.kind === 'refused') return this.#refuse(text, digest, checked.issues);
    const document = checked.value;
    const cell = await this.start(document.server);
    const applied = await cell.apply({ document, revision: text.revision, digest });
    if (applied.kind === 'refused') return this.#refuse(text, digest, applied.issues);
    this.#serving = digest;
    const restart = restartIssue(this.#started?.server ?? document.server, document.server, text);
    const outcome = {
      warnings: unique([...checked.warnings, ...document.warnings, ...applied.warnings, ...(restart ? [restart] : [])]),
      restartNeeded: restart !== undefined,
      at: new Date().toISOString(),
    };
    this.#accepted.add({ event: text, digest, ...outcome });
    this.#record.accepted(text, outcome);
    return this.#tell(text, digest, []);
  }

  /** What the cell says of documents that it accepted before. */
  #hear(event: CellEvent): void {
    if (event.kind === 'alarm' || event.kind === 'calm') {
      this.#record.alarm(
        event.kind === 'calm' ? event : { origin: this.status.origin ?? '', ...event },
        'server/alarm',
      );
      return;
    }
    const about = this.#accepted.get(event.digest);
    if (about === undefined) return;
    // Said again, it is new again to a source that counts its time.
    if (event.kind === 'disturbed') this.#tell(about.event, about.digest, []);
    else this.#revoke(event, about.event);
  }

  #revoke({ digest, issues, serving }: Extract<CellEvent, { kind: 'revoked' }>, revoked: Text): void {
    const back = this.#accepted.get(serving);
    if (back !== undefined) {
      this.#serving = back.digest;
      this.#record.goneBack(back.event, back);
      this.#tell(back.event, back.digest, []);
    }
    this.#record.refused(revoked, issues);
    this.#tell(revoked, digest, issues);
  }

  #refuse(event: Document, digest: string, issues: readonly Issue[]): readonly Issue[] {
    this.#revision = event.revision;
    this.#record.refused(event, issues);
    return this.#tell(event, digest, issues);
  }

  /** Tells the source what became of a document: it may have others to tell. */
  #tell(event: Document, digest: string, issues: readonly Issue[]): readonly Issue[] {
    const { origin, revision } = event;
    const state: Outcome['state'] = issues.length === 0 ? 'accepted' : 'refused';
    this.#options.source.tell?.(event, { origin, revision, digest, state, issues });
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
