import { setTimeout as delay } from 'node:timers/promises';
import { defineSource } from '@postern/kit';
import type { Outcome, Source, SourceEvent } from '@postern/kit';
import { BusError } from './bucket.ts';
import type { Bus } from './bucket.ts';
import { openBus } from './bus.ts';
import { link } from './link.ts';
import type { Listener } from './link.ts';
import { Offers } from './offers.ts';
import { TIMES } from './options.ts';
import type { NatsSourceOptions, Times } from './options.ts';
import { queue } from './queue.ts';
import type { Queue } from './queue.ts';
import { NODE_TTL, Voice } from './voice.ts';

/**
 * A source that is one key of a NATS JetStream bucket, watched. It never stops trying: a bus that is absent, frozen, slow,
 * emptied or restored from a backup takes nothing away from what serves, and is said in alarms. At the start it waits a
 * moment for the bus, then offers the last good document, then `fallback`. Tells the bus what this node makes of it.
 */
export function natsSource(options: NatsSourceOptions): Source {
  let reading: Reading | undefined;
  return defineSource({
    name: 'nats',
    open(signal) {
      reading = new Reading({ ...TIMES, ...options, ...options.times });
      return reading.events(signal);
    },
    tell: (event, outcome) => reading?.tell(event, outcome),
  });
}

const GIVE_RIGHT = 'give the account that right: docs/live-reload.md lists what a node needs';

/** By what keeps a node from a server that is there; of anything else a node can only say that nobody answers. */
const MEND: Readonly<Partial<Record<BusError['kind'], string>>> = {
  denied: 'give the node other credentials, the files are read again at each try, or let the server know these',
  unusable: 'put a good file there, or name another under server.source.nats and restart',
  unavailable: 'start the server with -js; in a cluster, see that most of its servers run',
  tls: 'let server.source.nats.tls.ca name the authority of the server, and cert and key what the server asks of its clients',
};

function reasonOf(error: unknown): BusError | undefined {
  return error instanceof BusError && MEND[error.kind] !== undefined ? error : undefined;
}

/** Milliseconds without news after which documents that were overtaken get their turn. */
const QUIET = 200;

/** Milliseconds for the last words at the end. */
const GOODBYE = 1000;

/** Whether an error ends the process: `abort` without a reason gives one of its own. */
function failed({ reason }: AbortSignal): boolean {
  return reason instanceof Error && reason.name !== 'AbortError';
}

/** One reading of the bucket, from `open` to its signal. */
class Reading {
  readonly #options: NatsSourceOptions & Times;
  readonly #events: Queue<SourceEvent> = queue();
  readonly #offers: Offers;
  readonly #voice: Voice;
  #bus: Bus | undefined;
  /** When the server last answered; at first, when the start began. */
  #contact = performance.now();
  /** Whether a server answered at all: what there is to say at the start has then been said. */
  #met = false;
  /** Why the server is out of reach, where that is known. */
  #reason: BusError | undefined;
  #finding = false;
  #goingBack: NodeJS.Timeout | undefined;

  constructor(options: NatsSourceOptions & Times) {
    this.#options = options;
    this.#offers = new Offers({ ...options, goodAfter: options.good }, (event) => this.#events.push(event));
    this.#voice = new Voice(options);
  }

  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
    await this.#offers.load();
    const patience = setTimeout(() => !this.#met && this.#lookElsewhere(), this.#options.patience);
    const heartbeat = setInterval(() => this.#beat(), this.#options.heartbeat);
    const linked = link(this.#options, this.#listener(), signal);
    try {
      yield* this.#events.read(signal);
    } finally {
      clearTimeout(patience);
      clearTimeout(this.#goingBack);
      clearInterval(heartbeat);
      // A server that does not answer must not hold up an end.
      await Promise.race([
        Promise.all([linked, this.#offers.close(failed(signal))]),
        delay(GOODBYE, undefined, { ref: false }),
      ]);
    }
  }

  tell(event: SourceEvent, outcome: Outcome): void {
    this.#offers.heard(event, outcome);
    // The file's text has no revision on the bus: nobody waits for it there. What serves in another's place undoes no refusal.
    const inPlace = event.kind === 'text' && event.via !== undefined && this.#voice.hasHeard;
    if (outcome.revision > 0 && !inPlace) this.#voice.heard(outcome);
    this.#goBackSoon();
    const { source } = this.#offers;
    if (outcome.state === 'accepted' && source !== null) this.#voice.serves(outcome, source);
    void this.#speak();
  }

  /** Not in the middle of a burst: the next document may be the one. */
  #goBackSoon(): void {
    clearTimeout(this.#goingBack);
    if (this.#offers.missedAfter === undefined) return;
    this.#goingBack = setTimeout(() => void this.#goBack(), QUIET);
  }

  async #goBack(): Promise<void> {
    const { bucket: name, key } = this.#options;
    const after = this.#offers.missedAfter;
    if (after === undefined) return;
    try {
      const bucket = await this.#bus?.bucket(name);
      if (bucket !== undefined) this.#offers.goBack(await bucket.history(`config.${key}`, after));
    } catch {
      // Whatever is wrong with the bus, looks find out and say: this is tried again at the next heartbeat.
    }
  }

  #listener(): Listener {
    return {
      mayCreate: () => !this.#offers.hasHistory,
      connected: (bus) => {
        this.#bus = bus;
        this.#voice.bucket = undefined;
        void this.#speak();
      },
      reconnected: () => {
        this.#voice.startOver();
        void this.#speak();
      },
      seen: (created, entry) => {
        this.#answered();
        this.#offers.see(created, entry);
      },
      refused: (error) => {
        this.#answered();
        const put = 'put a document: the bucket is made by the first who may';
        this.#offers.trouble(error.message, error.kind === 'denied' ? GIVE_RIGHT : put);
      },
      unwatched: (error) => {
        const { bucket, look } = this.#options;
        if (!(error instanceof BusError) || error.kind !== 'denied') return;
        const message = `${error.message}: changes are seen every ${look / 1000} s, not at once`;
        this.#events.push({ kind: 'alarm', about: 'watch', origin: bucket, message, fix: GIVE_RIGHT });
      },
      // A server that refuses at once will not be there a second later: no reason to answer 503 meanwhile.
      unreachable: (error) => {
        this.#reason = reasonOf(error);
        this.#lookElsewhere();
      },
      leave: async () => {
        this.#bus = undefined;
        await this.#voice.leave().catch(() => undefined);
      },
    };
  }

  #answered(): void {
    this.#reason = undefined;
    this.#met = true;
    this.#contact = performance.now();
    this.#events.push({ kind: 'calm', about: 'bus' });
  }

  /** The start has waited long enough, or need not wait. What is being built may be all that is needed. */
  #lookElsewhere(): void {
    if (this.#offers.source !== null || this.#offers.isUndecided) return;
    this.#alarmAboutBus('does not answer at the start');
    if (this.#offers.fallBack()) return;
    const { key } = this.#options;
    const fix = 'start the server, or give the file an API group to begin with';
    this.#offers.trouble(`no server answers, and there is no last good document of config.${key}`, fix);
  }

  #beat(): void {
    const longest = 2 * this.#options.heartbeat;
    if (performance.now() - this.#contact > longest) {
      this.#alarmAboutBus(`has not answered for ${longest / 1000} s`);
      void this.#findReason();
    }
    this.#goBackSoon();
    void this.#speak();
  }

  /** A connection that mends itself hides why it cannot: another one finds out, for the next alarm. */
  async #findReason(): Promise<void> {
    if (this.#bus === undefined || this.#finding) return;
    this.#finding = true;
    try {
      const bus = await openBus({ ...this.#options, name: `postern ${this.#options.node}` });
      await bus.close();
    } catch (error) {
      if (performance.now() - this.#contact > this.#options.heartbeat) this.#reason = reasonOf(error) ?? this.#reason;
    } finally {
      this.#finding = false;
    }
  }

  #alarmAboutBus(silence: string): void {
    const { servers, key } = this.#options;
    const what = this.#reason?.message ?? `NATS at ${servers.join(', ')} ${silence}`;
    const message = `${what}: newer documents of config.${key} would not come here`;
    const mend = (this.#reason && MEND[this.#reason.kind]) ?? 'see to the server and the network';
    const fix = `${mend}; the gateway goes on trying`;
    this.#events.push({ kind: 'alarm', about: 'bus', origin: `config.${key}`, message, fix });
  }

  async #speak(): Promise<void> {
    const { bucket, heartbeat } = this.#options;
    try {
      if (this.#bus === undefined) return;
      const ttl = Math.max(NODE_TTL, 4 * heartbeat);
      this.#voice.bucket ??= await this.#bus.bucket(`${bucket}-nodes`, { history: 1, ttl });
      await this.#voice.speak();
      this.#events.push({ kind: 'calm', about: 'nodes' });
    } catch (error) {
      // Without a connection there is an alarm about that already.
      if (performance.now() - this.#contact > heartbeat) return;
      const message = `this node cannot say what it runs: ${error instanceof Error ? error.message : String(error)}`;
      this.#events.push({ kind: 'alarm', about: 'nodes', origin: `${bucket}-nodes`, message, fix: GIVE_RIGHT });
    }
  }
}
