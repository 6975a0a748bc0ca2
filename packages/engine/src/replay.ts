import type {
  Consumer,
  DecisionRecord,
  RecordedAnswer,
  RecordedVerdict,
  Refuse,
  StepName,
  Verdict,
} from '@postern/model';
import type { Known, Remembered } from './recorder.ts';
import type { OutsideAnswer } from './recording-view.ts';
import type { Rehearsable, RehearsalInputs, RehearsedHead, UpstreamAnswer } from './rehearsal.ts';
import type { Runtime } from './runtime.ts';

/**
 * A recorded exchange as a rehearsal: its clock, chance, answers from outside and upstream. What was not kept (credentials,
 * queries, bodies) a policy cannot read again: against the same document what it said then counts, against another its
 * verdict is `unknown`. `after` is the machine's own, for policies that are late.
 */
export function replayInputs(record: DecisionRecord, staged: Rehearsable, after: Runtime['after']): RehearsalInputs {
  const at = Date.parse(record.at);
  const same = staged.snapshot.digest === record.digest;
  return {
    staged,
    head: headOf(record),
    ...bodyOf(record),
    upstream: upstreamOf(record),
    runtime: { now: () => at, random: Math.random, after },
    known: new Memory(record, same),
    requestId: record.madeId ?? undefined,
  };
}

/** Of a body that was not empty only its length was kept. */
function bodyOf({ request }: DecisionRecord): Pick<RehearsalInputs, 'body'> {
  if (!request.hasBody) return {};
  return { body: request.bodyBytes === 0 ? new Uint8Array() : null };
}

function headOf({ request }: DecisionRecord): RehearsedHead {
  const { client, peer, method, target, protocol, listener } = request;
  const { address, scheme, host, forwardedFor } = client;
  return {
    method,
    target,
    headers: [['host', request.host], ...request.headers],
    protocol,
    listener,
    scheme,
    peer,
    client: { address, scheme, host: host ?? undefined, forwardedFor: forwardedFor ?? undefined },
  };
}

/** An exchange that asked no upstream may ask one under another document: that one then says 200, as in any rehearsal. */
function upstreamOf({ upstream }: DecisionRecord): UpstreamAnswer | undefined {
  if (upstream === null) return undefined;
  if (upstream.kind === 'answer')
    return { kind: 'answer', status: upstream.status, headers: upstream.headers, body: null };
  const { status, code, detail } = upstream;
  return { kind: 'failed', refuse: { kind: 'refuse', status, code, detail, headers: [] } };
}

/** What a record knows, given out in the order in which it came. */
class Memory implements Known {
  readonly #record: DecisionRecord;
  readonly #same: boolean;
  readonly #asked: RecordedAnswer[];
  readonly #drawn: DecisionRecord['drawn'][number][];

  constructor(record: DecisionRecord, same: boolean) {
    this.#record = record;
    this.#same = same;
    this.#asked = [...record.asked];
    this.#drawn = [...record.drawn];
  }

  outside(policy: string, key: string): OutsideAnswer | undefined {
    const at = this.#asked.findIndex((asked) => asked.policy === policy && asked.key === key);
    if (at === -1) return undefined;
    const [{ value, promised, failed } = NOTHING] = this.#asked.splice(at, 1);
    return { value, promised, failed, from: 'recorded' };
  }

  draw(policy: string): number | undefined {
    const at = this.#drawn.findIndex((draw) => draw.policy === policy);
    return at === -1 ? undefined : this.#drawn.splice(at, 1)[0]?.value;
  }

  #consumerBy(policy: string, step: StepName): Consumer | undefined {
    const { identifiedBy, consumer } = this.#record;
    return step === 'request' && identifiedBy === policy ? (consumer ?? undefined) : undefined;
  }

  remembered(policy: string, step: StepName): Remembered {
    if (!this.#same) return UNKNOWN;
    const given = this.#record.outcome.given.filter((one) => one.policy === policy);
    const [first] = given;
    if (first === undefined) return { kind: 'said', verdict: undefined, consumer: this.#consumerBy(policy, step) };
    // A record does not say which step gave a verdict: where more than one can have, nobody knows.
    if (given.length > 1 || first.kind === 'failed' || step.startsWith('response')) return UNKNOWN;
    return { kind: 'said', verdict: toVerdict(first) };
  }
}

const UNKNOWN: Remembered = { kind: 'unknown' };
const NOTHING = { value: undefined, promised: false, failed: true } as const;

/** The body of an answer was not kept: it is left out. */
function toVerdict(given: Exclude<RecordedVerdict, { kind: 'failed' }>): Verdict {
  const { kind, status, headers, code, detail, why } = given;
  if (kind === 'respond') return { kind, status, headers, body: undefined };
  const refuse: Refuse = { kind, status, code, detail, headers, ...(why === undefined ? {} : { why }) };
  return refuse;
}
