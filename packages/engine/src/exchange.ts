import { bareRecord, HeaderList } from '@postern/model';
import type {
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
  Verdict,
} from '@postern/model';
import { randomId } from './random-id.ts';
import type { Attachment, Failure, Pipeline } from './pipeline.ts';
import type { Match } from './router.ts';
import type { Runtime } from './runtime.ts';
import type { Snapshot } from './snapshot.ts';
import { titleOf } from './titles.ts';

/** One header edit and the policy that made it. `dropped`: it has no effect; another plugin owns that header, or it was made in shadow. */
export interface Edit {
  readonly policy: string;
  readonly on: 'outgoing' | 'response';
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

/** The exchange as one policy sees it. */
export interface ExchangeView extends DoneExchange {
  /** True after the policy was late: the exchange has gone on without it, and nothing it does has any effect. */
  closed: boolean;
  /** Whether the policy's condition holds; undefined until it was asked. */
  runs: boolean | undefined;
}

/** The client's request with what the rim knows to send on. */
export interface ReceivedRequest extends ExchangeRequest {
  /** The header lines that go upstream before any policy edits them; called at most once. */
  toOutgoing(): HeaderList;
}

const NO_PAIRS: HeaderPairs = Object.freeze([]);
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(bareRecord<string>());
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
  readonly edits: Edit[] = [];
  readonly given: Given[] = [];
  /** What policies asked outside the gateway, and what they were told. */
  readonly asked: OutsideQuestion[] = [];
  /** What chance gave to policies. */
  readonly drawn: Draw[] = [];
  /** By slot; made when a policy's first step runs, by `viewOf`. */
  readonly views: (ExchangeView | undefined)[] = [];
  readonly failures: Failure[] = [];
  /** What policies in shadow would have done; late ones are counted only. One list for all exchanges without any. */
  shadowed = NONE;
  #pipeline: Pipeline;
  /** Who takes the request; undefined before the router was asked. */
  match: Match | undefined = undefined;
  group: string | undefined = undefined;
  route: string | undefined = undefined;
  groupLabels: Labels | undefined = undefined;
  routeLabels: Labels | undefined = undefined;
  params = NO_PARAMS;
  consumer: Consumer | undefined = undefined;
  /** True once two different consumers were named. */
  consumerConflict = false;
  status = 0;
  headers: HeaderList = new HeaderList();
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
    this.views.length = 0;
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
    this.headers = headers;
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
    this.refusal = { policy, code: refuse.code, where: by?.where, labels: by?.instance.policy.labels };
    this.refusalDetail = refuse.detail;
    const problem = {
      type: 'about:blank',
      title: titleOf(refuse.status),
      status: refuse.status,
      detail: refuse.detail,
      code: refuse.code,
      policy,
      requestId: this.requestId,
    };
    const answer = { status: refuse.status, headers: refuse.headers, body: JSON.stringify(problem) };
    this.#answer(answer, policy === undefined ? GATEWAY : { kind: 'policy', policy });
    this.headers.set('content-type', 'application/problem+json');
  }

  #answer(answer: Omit<Respond, 'kind'>, madeBy: MadeBy): void {
    this.status = answer.status;
    this.headers = new HeaderList([...answer.headers]);
    this.body = answer.body;
    this.madeBy = madeBy;
  }
}
