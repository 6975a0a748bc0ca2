import { freeze } from '@postern/config';
import type {
  Budget,
  Claims,
  Consumer,
  Exchange,
  ExchangeRequest,
  ExchangeResponse,
  HeaderEdits,
  Labels,
  MadeBy,
  Refusal,
  Rewrite,
  Shadowed,
  Taken,
} from '@postern/model';
import { consumerHeaders } from './consumer-headers.ts';
import { RecordedEdits } from './recorded-edits.ts';
import type { ExchangeView, RunningExchange } from './exchange.ts';
import type { OutsideQuestion } from './notes.ts';
import type { Attachment } from './pipeline.ts';
import { askedTarget, rewrittenTarget } from './upstream-request.ts';

/** The view that the policy of this attachment has on this exchange: one for all its steps. */
export function viewOf(exchange: RunningExchange, attachment: Attachment): ExchangeView {
  return exchange.views[attachment.slot] ?? addView(exchange, attachment);
}

function addView(exchange: RunningExchange, attachment: Attachment): ExchangeView {
  const view = new PolicyView(exchange, attachment);
  exchange.keepView(attachment.slot, view);
  return view;
}

/**
 * One exchange as one policy sees it: what it edits is recorded in its name, `own` is its slot, and once it is late
 * nothing it does has any effect. In shadow nothing it does ever has.
 */
class PolicyView implements ExchangeView, ExchangeResponse {
  readonly #exchange: RunningExchange;
  readonly attachment: Attachment;
  own: unknown = undefined;
  closed = false;
  runs: boolean | undefined = undefined;

  constructor(exchange: RunningExchange, attachment: Attachment) {
    this.#exchange = exchange;
    this.attachment = attachment;
  }

  get request(): ExchangeRequest {
    return this.#exchange.request;
  }
  get outgoing(): HeaderEdits {
    return new RecordedEdits(this, this.#exchange, 'outgoing');
  }
  get headers(): HeaderEdits {
    return new RecordedEdits(this, this.#exchange, 'response');
  }
  get response(): ExchangeResponse {
    return this;
  }
  get status(): number {
    return this.#exchange.status;
  }
  get madeBy(): MadeBy {
    return this.#exchange.madeBy;
  }
  get group(): string | undefined {
    return this.#exchange.group;
  }
  get route(): string | undefined {
    return this.#exchange.route;
  }
  get params(): Readonly<Record<string, string>> {
    return this.#exchange.params;
  }
  get revision(): number {
    return this.#exchange.snapshot.revision;
  }
  get consumer(): Consumer | undefined {
    return this.#exchange.consumer;
  }
  get claims(): Claims | undefined {
    return this.#exchange.claims;
  }
  get target(): Exchange['target'] {
    const { path, search } = askedTarget(this.#exchange);
    return { path, query: search.slice(1) };
  }
  get now(): number {
    return this.#exchange.now;
  }
  get requestId(): string {
    return this.#exchange.requestId;
  }
  get durationMs(): number {
    return this.#exchange.durationMs;
  }
  get bytesIn(): number {
    return this.#exchange.bytesIn;
  }
  get bytesOut(): number {
    return this.#exchange.bytesOut;
  }
  get upstream(): string | undefined {
    return this.#exchange.upstream;
  }
  get groupLabels(): Labels | undefined {
    return this.#exchange.groupLabels;
  }
  get routeLabels(): Labels | undefined {
    return this.#exchange.routeLabels;
  }
  get refusal(): Refusal | undefined {
    return this.#exchange.refusal;
  }
  get shadowed(): readonly Shadowed[] {
    return this.#exchange.shadowed;
  }
  get aborted(): boolean {
    return this.#exchange.aborted;
  }

  random(): number {
    const value = this.#exchange.runtime.random();
    this.#exchange.note.drawn.push({ policy: this.attachment.instance.policy.name, value });
    return value;
  }
  ask<Answer>(key: string, outside: () => Answer): Answer {
    const { name } = this.attachment.instance.policy;
    const question: OutsideQuestion = { policy: name, key, value: undefined, promised: false, failed: true };
    this.#exchange.note.asked.push(question);
    const answer = outside();
    noteAnswer(question, answer);
    return answer;
  }
  take(
    budget: Budget,
    { key, amount = 1 }: { readonly key: string; readonly amount?: number },
  ): Taken | Promise<Taken> {
    const policy = this.attachment.instance.policy.name;
    // The name alone: a record must not hold what keys are made of.
    const question: OutsideQuestion = {
      policy,
      key: questionOf(budget),
      value: undefined,
      promised: false,
      failed: true,
    };
    this.#exchange.note.asked.push(question);
    const taken = budget.draw({ terms: budget.terms, key, amount, now: this.#exchange.now });
    noteAnswer(question, taken);
    return taken;
  }
  setRequestId(id: string): void {
    if (this.#acts()) this.#exchange.requestId = id;
  }
  identify(consumer: Consumer): void {
    if (!this.#acts()) return;
    const known = this.#exchange.consumer;
    if (known !== undefined && known.name !== consumer.name) this.#exchange.consumerConflict = true;
    else if (known === undefined) this.#arrive(consumer);
  }
  setClaims(claims: Claims): void {
    if (this.#acts()) this.#exchange.claims = freeze(claims);
  }
  rewrite(to: Rewrite): boolean {
    const target = rewrittenTarget(this.#exchange, to);
    if (target === undefined) return false;
    if (this.closed) return true;
    const { instance, mode } = this.attachment;
    const edit = { policy: instance.policy.name, on: 'target', operation: 'set', dropped: mode === 'shadow' } as const;
    if (to.path !== undefined) this.#exchange.noteEdit({ ...edit, name: 'path', value: target.path });
    if (to.query !== undefined) this.#exchange.noteEdit({ ...edit, name: 'query', value: to.query });
    if (!edit.dropped) this.#exchange.rewritten = target;
    return true;
  }

  #arrive(consumer: Consumer): void {
    const exchange = this.#exchange;
    exchange.consumer = consumer;
    exchange.identifiedBy = this.attachment.instance.policy.name;
    exchange.consumerArrives = exchange.snapshot.consumers.has(consumer.name);
    const { outgoing } = this;
    const told = consumerHeaders(consumer);
    for (let at = 0; at + 1 < told.length; at += 2) outgoing.set(told[at] ?? '', told[at + 1] ?? '');
  }

  #acts(): boolean {
    return !this.closed && this.attachment.mode !== 'shadow';
  }
}

/** What taking from a budget is called among the questions of an exchange. */
export function questionOf({ name }: Budget): string {
  return `take ${name}`;
}

/** Fills the answer in when it is there: a decision that is rebuilt gets the same. */
function noteAnswer(question: OutsideQuestion, answer: unknown): void {
  if (!(answer instanceof Promise)) {
    question.value = answer;
    question.failed = false;
    return;
  }
  question.promised = true;
  answer.then(
    (value: unknown) => {
      question.value = value;
      question.failed = false;
    },
    () => undefined,
  );
}
