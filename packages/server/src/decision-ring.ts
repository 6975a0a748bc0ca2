import { recordExchange, toSummary } from '@postern/engine';
import type { Received, RunningExchange } from '@postern/engine';
import type { DecisionFilter, DecisionRecord, DecisionSummary, DecisionsKept } from '@postern/model';

/** Characters that all records together may hold: clients choose how long their headers are. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/**
 * Records a second, where the ring does not hold more: faster than this they would push each other out within the second,
 * and a flood of refusals would cost what nobody can read.
 */
const MOST_PER_SECOND = 1000;

/** One record as text: thousands of small objects that live for seconds would keep the garbage collector busy. */
interface Kept {
  readonly id: string;
  readonly text: string;
}

/** An exchange that has ended. */
export interface Ended {
  readonly exchange: RunningExchange;
  readonly request: Received;
  readonly context: { readonly name: string };
}

/**
 * What is kept of past exchanges: every refusal and a sample of the rest, the newest so many. Bounded in number and in size;
 * an exchange that is not kept costs one comparison.
 */
export class DecisionRing {
  readonly #settings: DecisionsKept;
  readonly #random: () => number;
  /** Oldest first, from `#first` on; what lies before has been dropped. */
  #kept: (Kept | undefined)[] = [];
  #first = 0;
  #characters = 0;
  #second = 0;
  #inSecond = 0;

  constructor(settings: DecisionsKept, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  get size(): number {
    return this.#kept.length - this.#first;
  }

  /** Keeps the exchange if it was refused, or if chance says so. */
  offer({ exchange, request, context }: Ended): void {
    const { keep, sample } = this.#settings;
    if (keep === 0 || (exchange.refusal === undefined && (sample === 0 || this.#random() >= sample))) return;
    // A client that left before there was an answer was not decided about.
    if (exchange.status === 0 || this.#isFlooded(exchange.now)) return;
    const record = recordExchange(exchange, request, context.name);
    const kept = { id: record.id, text: JSON.stringify(record) };
    this.#kept.push(kept);
    this.#characters += kept.text.length;
    while (this.size > keep || (this.#characters > MOST_CHARACTERS && this.size > 1)) this.#drop();
  }

  /** Newest first. */
  list({ limit, ...wanted }: DecisionFilter): readonly DecisionSummary[] {
    const found: DecisionSummary[] = [];
    for (const kept of this.#newest()) {
      if (found.length >= limit) break;
      const summary = toSummary(read(kept));
      if (fits(summary, wanted)) found.push(summary);
    }
    return found;
  }

  /** The newest under that id: a client may have chosen it. */
  find(id: string): DecisionRecord | undefined {
    for (const kept of this.#newest()) if (kept.id === id) return read(kept);
    return undefined;
  }

  #isFlooded(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#inSecond > Math.max(MOST_PER_SECOND, this.#settings.keep);
  }

  *#newest(): Iterable<Kept> {
    for (let at = this.#kept.length - 1; at >= this.#first; at -= 1) {
      const kept = this.#kept[at];
      if (kept !== undefined) yield kept;
    }
  }

  #drop(): void {
    const oldest = this.#kept[this.#first];
    if (oldest !== undefined) this.#characters -= oldest.text.length;
    this.#kept[this.#first] = undefined;
    this.#first += 1;
    // Moving the rest up each time would be a copy of the ring for every refusal.
    if (this.#first < 256) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }
}

function read({ text }: Kept): DecisionRecord {
  // oxlint-disable-next-line typescript/no-unsafe-return -- made by `offer` above, of a record
  return JSON.parse(text);
}

function fits(summary: DecisionSummary, wanted: Omit<DecisionFilter, 'limit'>): boolean {
  const { status, group, route, policy, code } = wanted;
  return (
    (status === undefined || summary.status === status) &&
    (group === undefined || summary.group === group) &&
    (route === undefined || summary.route === route) &&
    (policy === undefined || summary.policy === policy) &&
    (code === undefined || summary.code === code)
  );
}
