import { bareRecord, HeaderList } from '@postern/model';
import type {
  Claims,
  Consumer,
  DoneExchange,
  ExchangeRequest,
  HeaderPairs,
  Labels,
  MadeBy,
  Refusal,
  Refuse,
  Respond,
  Shadowed,
} from '@postern/model';
import { NO_EDITS, NO_NOTES, NONE_GIVEN } from './notes.ts';
import type { Edit, Given, Notes } from './notes.ts';
import { randomId } from './random-id.ts';
import { roomFor } from './room.ts';
import type { Attachment, Pipeline } from './pipeline.ts';
import type { Match } from './router.ts';
import type { Runtime } from './runtime.ts';
import type { Snapshot } from './snapshot.ts';
import { problemDocument } from './problem-document.ts';

/** The exchange as one policy sees it. */
export interface ExchangeView extends DoneExchange {
  /** True after the policy was late: the exchange has gone on without it, and nothing it does has any effect. */
  closed: boolean;
  /** Whether the policy's condition holds; undefined until it was asked. */
  runs: boolean | undefined;
}

/** The client's request with what the rim knows to send on. */
export interface ReceivedRequest extends ExchangeRequest {
  /** `?` and the query, or nothing: exactly what stood behind the path. */
  readonly search: string;
  /** The header lines that go upstream before any policy edits them; called at most once. */
  toOutgoing(): HeaderList;
}

const NO_PAIRS: HeaderPairs = Object.freeze([]);
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(bareRecord<string>());
// Not frozen, though nothing writes to it: compiled code reads a frozen list by a call.
const NO_VIEWS: readonly (ExchangeView | undefined)[] = [];
const NONE: readonly Shadowed[] = Object.freeze([]);
const GATEWAY: MadeBy = Object.freeze({ kind: 'gateway' });
const UPSTREAM: MadeBy = Object.freeze({ kind: 'upstream' });

/**
 * The state of one exchange from the gate to its last byte. All fields exist from the start and keep their types, so that
 * the engine's loops stay monomorphic. Policies never see it, only their view of it.
 */
export class RunningExchange {
  readonly request: ReceivedRequest;
  readonly snapshot: Snapshot;
  readonly runtime: Runtime;
  readonly now: number;
  /** By slot; made when a policy's first step runs, by `viewOf`. */
  #views: (ExchangeView | undefined)[] | undefined = undefined;
  #edits: Edit[] | undefined = undefined;
  #given: Given[] | undefined = undefined;
  #notes: Notes | undefined = undefined;
  /** What policies in shadow would have done; late ones are counted only. One list for all exchanges without any. */
  shadowed = NONE;
  #pipeline: Pipeline;
  /** Who takes the request; undefined before the router was asked. */
  match: Match | undefined = undefined;
  consumer: Consumer | undefined = undefined;
  /** The policy that named the consumer. */
  identifiedBy: string | undefined = undefined;
  /** True from when a consumer was named until its policies have joined the pipeline. */
  consumerArrives = false;
  claims: Claims | undefined = undefined;
  /** What the upstream is asked for in place of what the client asked for. */
  rewritten: { readonly path: string; readonly search: string } | undefined = undefined;
  /** Rehearsals run pipelines of their own making in place of the snapshot's. */
  dress: ((pipeline: Pipeline) => Pipeline) | undefined = undefined;
  /** True once two different consumers were named. */
  consumerConflict = false;
  status = 0;
  #headers: HeaderList | undefined = undefined;
  /** Body of an answer that the gateway or a policy made; undefined while the upstream's streams. */
  body: string | Uint8Array | undefined = undefined;
  madeBy: MadeBy = GATEWAY;
  refusal: Refusal | undefined = undefined;
  /** The sentence that the client of a refusal gets. */
  refusalDetail: string | undefined = undefined;
  upstream: string | undefined = undefined;
  /** Head of the upstream's answer as it came, names in lower case; nothing may write to it. */
  upstreamStatus = 0;
  upstreamPairs: HeaderPairs = NO_PAIRS;
  /** What the failure of the upstream was to the client. */
  upstreamFailure: Refuse | undefined = undefined;
  bytesIn = 0;
  bytesOut = 0;
  durationMs = 0;
  aborted = false;
  #outgoing: HeaderList | undefined = undefined;
  #requestId: string | undefined = undefined;
  /** The id that chance made; undefined when a policy set one first. */
  madeId: string | undefined = undefined;

  constructor(begun: { readonly request: ReceivedRequest; readonly snapshot: Snapshot; readonly runtime: Runtime }) {
    this.request = begun.request;
    this.snapshot = begun.snapshot;
    this.runtime = begun.runtime;
    this.now = begun.runtime.now();
    this.#pipeline = begun.snapshot.gateway;
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  /** Slots belong to a pipeline: what policies saw of the exchange in another one ends here. */
  set pipeline(pipeline: Pipeline) {
    if (pipeline === this.#pipeline) return;
    this.#pipeline = pipeline;
    this.#views = undefined;
  }

  /** Goes on with a pipeline of which the old one is a part: what policies saw stays, by slot. */
  join(pipeline: Pipeline): void {
    this.#pipeline = pipeline;
  }

  get views(): readonly (ExchangeView | undefined)[] {
    return this.#views ?? NO_VIEWS;
  }
  keepView(slot: number, view: ExchangeView): void {
    this.#views ??= roomFor<ExchangeView | undefined>(this.#pipeline.attachments.length);
    this.#views[slot] = view;
  }

  get group(): string | undefined {
    return this.match?.table?.group.name;
  }
  get groupLabels(): Labels | undefined {
    return this.match?.table?.group.labels;
  }
  get route(): string | undefined {
    return this.match?.kind === 'route' ? this.match.route.name : undefined;
  }
  get routeLabels(): Labels | undefined {
    return this.match?.kind === 'route' ? this.match.route.labels : undefined;
  }
  get params(): Readonly<Record<string, string>> {
    return this.match?.kind === 'route' ? this.match.params : NO_PARAMS;
  }

  get edits(): readonly Edit[] {
    return this.#edits ?? NO_EDITS;
  }
  noteEdit(edit: Edit): void {
    if (this.#edits === undefined) this.#edits = [edit];
    else this.#edits.push(edit);
  }

  /** Verdicts that policies gave. */
  get given(): readonly Given[] {
    return this.#given ?? NONE_GIVEN;
  }
  noteGiven(given: Given): void {
    if (this.#given === undefined) this.#given = [given];
    else this.#given.push(given);
  }

  /** Where everything else is noted; read by the three below. */
  get note(): Notes {
    this.#notes ??= { asked: [], drawn: [], failures: [] };
    return this.#notes;
  }
  get asked(): typeof NO_NOTES.asked {
    return (this.#notes ?? NO_NOTES).asked;
  }
  get drawn(): typeof NO_NOTES.drawn {
    return (this.#notes ?? NO_NOTES).drawn;
  }
  get failures(): typeof NO_NOTES.failures {
    return (this.#notes ?? NO_NOTES).failures;
  }

  /** Header lines of the answer, edits included. */
  get headers(): HeaderList {
    this.#headers ??= new HeaderList();
    return this.#headers;
  }

  /** Headers for the upstream, edits included. */
  get outgoing(): HeaderList {
    this.#outgoing ??= this.request.toOutgoing();
    return this.#outgoing;
  }

  get requestId(): string {
    if (this.#requestId === undefined) {
      this.madeId = randomId(this.runtime);
      this.#requestId = this.madeId;
    }
    return this.#requestId;
  }

  set requestId(id: string) {
    this.#requestId = id;
  }

  /** Takes the head of the upstream's answer. The list is given up to the exchange. */
  answerFromUpstream(status: number, headers: HeaderList): void {
    this.status = status;
    this.#headers = headers;
    this.body = undefined;
    this.madeBy = UPSTREAM;
  }

  /** Takes a policy's answer in the upstream's place. */
  answerFromPolicy(respond: Respond, policy: string): void {
    this.#answer(respond, { kind: 'policy', policy });
  }

  /** Takes an answer of the gateway's own that refuses nothing. */
  answerFromGateway(respond: Omit<Respond, 'kind'>): void {
    this.#answer(respond, GATEWAY);
  }

  /** Refuses: the answer becomes the problem document of `refuse`, made by that policy or by the gateway. */
  answerRefusal(refuse: Refuse, by: Attachment | undefined): void {
    const policy = by?.instance.policy.name;
    const { code, why } = refuse;
    const told = typeof why === 'string' ? this.snapshot.veil.text(why) : undefined;
    this.refusal = { policy, code, where: by?.where, labels: by?.instance.policy.labels, why: told };
    this.refusalDetail = refuse.detail;
    const body = problemDocument(refuse, { policy, requestId: this.requestId });
    const answer = { status: refuse.status, headers: refuse.headers, body };
    this.#answer(answer, policy === undefined ? GATEWAY : { kind: 'policy', policy });
    this.headers.set('content-type', 'application/problem+json');
  }

  #answer(answer: Omit<Respond, 'kind'>, madeBy: MadeBy): void {
    this.status = answer.status;
    this.#headers = new HeaderList(answer.headers.slice());
    this.body = answer.body;
    this.madeBy = madeBy;
  }
}
