import { bareRecord, HIDDEN, untouched } from '@postern/model';
import type {
  Budget,
  Claims,
  Consumer,
  DoneExchange,
  Exchange,
  ExchangeRequest,
  ExchangeResponse,
  HeaderEdits,
  MadeBy,
  Refusal,
  Rewrite,
  Shadowed,
  Taken,
} from '@postern/model';
import type { Edit } from './notes.ts';
import { questionOf } from './policy-view.ts';
import { ReadEdits, ReadRequest } from './recorded-reads.ts';
import type { Trace } from './trace.ts';

/** What an `ask` is answered with in a rehearsal. */
export interface OutsideAnswer {
  readonly value: unknown;
  /** Whether the plugin gets it as a promise, as it got it first. */
  readonly promised: boolean;
  /** The question failed then: it fails again. */
  readonly failed?: boolean;
  readonly from: 'recorded' | 'given';
}

/** What stands for the world around a policy. */
export interface Surroundings {
  /** Edits of the exchange so far: the last one tells what became of the one just made. */
  readonly edits: readonly Edit[];
  /** The answer to what a policy asks; undefined: it would have to ask. */
  outside(policy: string, key: string): OutsideAnswer | undefined;
  /** Whether budgets are taken to be untouched where nobody says otherwise: in a rehearsal, not in a replay. */
  readonly assumes: boolean;
  /** Whether questions that nobody knows the answer to are asked for good: where a plugin is tried by itself. */
  readonly live: boolean;
  /** What earlier steps could not read again: credentials, of which claims come; or who the caller is. */
  readonly lost: { readonly claims: boolean; readonly consumer: boolean };
  /** A recorded number; undefined: a new one. */
  draw(policy: string): number | undefined;
}

/** Ends a step that asks for what nobody knows; the recorder turns it into `would ask`. */
export class WouldAsk extends Error {
  constructor(key: string) {
    super(`would ask ${key}`);
  }
}

/** A policy's view of an exchange that notes what is read through it, and goes nowhere outside. One for each step. */
export class RecordingView implements DoneExchange, ExchangeResponse {
  readonly #inner: DoneExchange;
  readonly #trace: Trace;
  readonly #around: Surroundings;
  readonly request: ExchangeRequest;

  constructor(inner: DoneExchange, trace: Trace, around: Surroundings) {
    this.#inner = inner;
    this.#trace = trace;
    this.#around = around;
    this.request = new ReadRequest(inner.request, trace);
  }

  get own(): unknown {
    return this.#inner.own;
  }
  set own(value: unknown) {
    this.#inner.own = value;
  }
  get outgoing(): HeaderEdits {
    return new ReadEdits(this.#inner.outgoing, this.#trace, { on: 'outgoing', around: this.#around });
  }
  get headers(): HeaderEdits {
    return new ReadEdits(this.#inner.response.headers, this.#trace, { on: 'response', around: this.#around });
  }
  get response(): ExchangeResponse {
    return this;
  }
  get params(): Readonly<Record<string, string>> {
    const params = bareRecord<string>();
    for (const [name, value] of Object.entries(this.#inner.params)) {
      Object.defineProperty(params, name, { enumerable: true, get: () => this.#read(`params.${name}`, value) });
    }
    return params;
  }
  get status(): number {
    return this.#read('response.status', this.#inner.response.status);
  }
  get madeBy(): MadeBy {
    return this.#read('response.madeBy', this.#inner.response.madeBy);
  }
  get group(): string | undefined {
    return this.#read('group', this.#inner.group);
  }
  get route(): string | undefined {
    return this.#read('route', this.#inner.route);
  }
  get revision(): number {
    return this.#read('revision', this.#inner.revision);
  }
  get consumer(): Consumer | undefined {
    const { consumer } = this.#inner;
    if (consumer === undefined && this.#around.lost.consumer) this.#trace.readHidden = true;
    return this.#read('consumer', consumer);
  }
  get claims(): Claims | undefined {
    const { claims } = this.#inner;
    if (claims === undefined && this.#around.lost.claims) this.#trace.readHidden = true;
    return this.#read('claims', claims);
  }
  get target(): Exchange['target'] {
    const { target } = this.#inner;
    if (target.query.includes(HIDDEN)) this.#trace.readHidden = true;
    return this.#read('target', target);
  }
  get now(): number {
    return this.#read('now', this.#inner.now);
  }
  get requestId(): string {
    return this.#read('requestId', this.#inner.requestId);
  }
  get durationMs(): number {
    return this.#read('durationMs', this.#inner.durationMs);
  }
  get bytesIn(): number {
    return this.#read('bytesIn', this.#inner.bytesIn);
  }
  get bytesOut(): number {
    return this.#read('bytesOut', this.#inner.bytesOut);
  }
  get upstream(): string | undefined {
    return this.#read('upstream', this.#inner.upstream);
  }
  get refusal(): Refusal | undefined {
    return this.#read('refusal', this.#inner.refusal);
  }
  get shadowed(): readonly Shadowed[] {
    return this.#read('shadowed', this.#inner.shadowed);
  }
  get aborted(): boolean {
    return this.#read('aborted', this.#inner.aborted);
  }

  random(): number {
    return this.#read('random', this.#around.draw(this.#trace.policy) ?? this.#inner.random());
  }
  ask<Answer>(key: string, outside: () => Answer): Answer {
    const known = this.#around.outside(this.#trace.policy, key);
    if (known === undefined && this.#around.live) return outside();
    this.#trace.asked.push({ key, answer: known?.from ?? 'would ask' });
    if (known === undefined) throw new WouldAsk(key);
    const value = told(known, key);
    // oxlint-disable-next-line typescript/consistent-type-assertions -- an answer to this very question: of the plugin's own type
    return value as Answer;
  }
  take(
    budget: Budget,
    { key, amount = 1 }: { readonly key: string; readonly amount?: number },
  ): Taken | Promise<Taken> {
    const question = questionOf(budget);
    const known = this.#around.outside(this.#trace.policy, question);
    if (known === undefined && this.#around.live) return this.#inner.take(budget, { key, amount });
    if (known === undefined && this.#around.assumes)
      return untouched({ terms: budget.terms, key, amount, now: this.#inner.now });
    this.#trace.asked.push({ key: question, answer: known?.from ?? 'would ask' });
    if (known === undefined) throw new WouldAsk(question);
    // oxlint-disable-next-line typescript/consistent-type-assertions -- an answer to this very question, recorded or given by a test
    return told(known, question) as Taken | Promise<Taken>;
  }
  setRequestId(id: string): void {
    this.#inner.setRequestId(id);
  }
  identify(consumer: Consumer): void {
    this.#trace.identified = true;
    // Whom a step names by what was not kept, nobody knows: the record says whom it named then.
    if (!this.#trace.readHidden) this.#inner.identify(consumer);
  }
  setClaims(claims: Claims): void {
    this.#inner.setClaims(claims);
  }
  rewrite(to: Rewrite): boolean {
    const before = this.#around.edits.length;
    const done = this.#inner.rewrite(to);
    for (const { on, operation, name, value, dropped } of this.#around.edits.slice(before))
      this.#trace.edits.push({ on, operation, name, value, dropped });
    return done;
  }

  #read<Value>(name: string, value: Value): Value {
    this.#trace.reads.add(name);
    return value;
  }
}

/** As the plugin got it then: at once or as a promise, an answer or a failure. */
function told({ value, promised, failed = false }: OutsideAnswer, key: string): unknown {
  const error = new Error(`no answer to ${key}`);
  if (promised) return failed ? Promise.reject(error) : Promise.resolve(value);
  if (failed) throw error;
  return value;
}
