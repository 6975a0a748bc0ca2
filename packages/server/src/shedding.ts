import type { CellStatus, Log, SheddingSection } from '@postern/model';
import { LoopDelay } from './loop-delay.ts';
import type { Pressure } from './pressure.ts';
import type { Vitals } from './vitals.ts';

/** Milliseconds between two looks. */
const LOOK = 250;
/** Milliseconds between two moments at which the loop is asked whether it is late: what holds it up for less is hardly seen. */
const TICK = 25;
/** How far the memory in use has to fall below a mark before it counts as passed: a state that is left is not entered again at once. */
const SLACK = 0.05;
/** From so far below the first mark on each new request looks at the memory: many may come within one turn of the event loop. */
const WATCH = 0.15;
/** Bytes of the heap that a request may take: further below, so many of them come before one looks. */
const EACH = 512 * 1024;
/** Milliseconds between two collections, at least; and so many times as long as one took: they never take much of the processor. */
const [COLLECT_EVERY, COLLECT_SHARE] = [250, 20];

/** `closing`: connections are asked to end. `refusing`: new requests are answered 503. */
type State = 'calm' | 'closing' | 'refusing';
const STATES = ['calm', 'closing', 'refusing'] as const;

/** What shedding is made of. */
export interface SheddingParts {
  readonly section: SheddingSection;
  readonly pressure: Pressure;
  readonly vitals: Vitals;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/**
 * Takes less before the process dies: near the end of its memory, or when its own work holds the event loop up, connections
 * are asked to end, and then new requests are turned away before anything is done for them. What a request costs is one
 * number counted down.
 */
export class Shedding {
  /** Whether answers ask their connections to end. */
  closing = false;
  /** New requests until one has to ask `refuses`. */
  left = 0;
  readonly #parts: SheddingParts;
  readonly #delay: LoopDelay;
  #state: State = 'calm';
  #byMemory: State = 'calm';
  #since = 0;
  #refused = 0;
  #mayCollectAt = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(parts: SheddingParts) {
    this.#parts = parts;
    this.#delay = new LoopDelay(parts.section.eventLoopDelay);
  }

  /** For the status; undefined while all is well. */
  get state(): CellStatus['shedding'] {
    return this.#state === 'calm' ? undefined : this.#state;
  }

  /** Looks now and then from now on, until `stop`. */
  start(): void {
    const { pressure } = this.#parts;
    let due = pressure.now() + TICK;
    let lookAt = pressure.now() + LOOK;
    let cpu = pressure.cpu();
    let latest = 0;
    this.#timer ??= setInterval(() => {
      const now = pressure.now();
      latest = Math.max(latest, now - due);
      due = now + TICK;
      if (now < lookAt) return;
      const used = pressure.cpu();
      // What the loop was late because others had the processor is no work of its own, and less to do would not mend it.
      this.#delay.add(Math.min(latest, used - cpu));
      [latest, cpu, lookAt] = [0, used, now + LOOK];
      this.look();
    }, TICK).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether a new request is to be turned away. Counts it then. Asked of those for which nothing was `left`. */
  refuses(): boolean {
    if (this.#state !== 'refusing') {
      const share = this.#share();
      if (share >= this.#parts.section.refuseAt) this.look();
      else this.#leave(share);
    }
    if (this.#state !== 'refusing') return false;
    this.#refused += 1;
    return true;
  }

  /** Measures, and changes state where that says so. */
  look(): void {
    const { vitals } = this.#parts;
    let share = this.#share();
    let byMemory = this.#judge(share);
    // Part of it may be garbage; and a process that does little collects none by itself.
    if (byMemory !== 'calm' && this.#collect()) {
      share = this.#share();
      byMemory = this.#judge(share);
    }
    this.#byMemory = byMemory;
    vitals.memory.value = share;
    vitals.loopDelay.value = this.#delay.last / 1000;
    const byDelay = this.#delay.state;
    this.#enter(STATES.indexOf(byDelay) > STATES.indexOf(byMemory) ? byDelay : byMemory, share);
    this.#leave(share);
  }

  #leave(share: number): void {
    const { pressure, section } = this.#parts;
    const room = (section.closeAt - WATCH - share) * pressure.heapLimit;
    this.left = this.#state === 'calm' && room > 0 ? Math.floor(room / EACH) : 0;
  }

  #share(): number {
    const { pressure } = this.#parts;
    return Math.max(pressure.heap(), pressure.memory());
  }

  #judge(share: number): State {
    const { closeAt, refuseAt } = this.#parts.section;
    const passed = (mark: number, state: State): boolean =>
      mark < 1 && share >= mark - (STATES.indexOf(this.#byMemory) >= STATES.indexOf(state) ? SLACK : 0);
    if (passed(refuseAt, 'refusing')) return 'refusing';
    return passed(closeAt, 'closing') ? 'closing' : 'calm';
  }

  /** False where the last time is not long enough ago. */
  #collect(): boolean {
    const { pressure } = this.#parts;
    const begun = pressure.now();
    if (begun < this.#mayCollectAt) return false;
    pressure.collect();
    const ended = pressure.now();
    this.#mayCollectAt = ended + Math.max(COLLECT_EVERY, COLLECT_SHARE * (ended - begun));
    return true;
  }

  #enter(state: State, share: number): void {
    const before = this.#state;
    if (state === before) return;
    const { log, vitals, pressure } = this.#parts;
    const now = pressure.now();
    this.#state = state;
    this.closing = state !== 'calm';
    vitals.shedding.value = STATES.indexOf(state);
    const record = { shedding: state, before, memory: share, eventLoopDelayMs: Math.round(this.#delay.last) };
    const cause =
      this.#byMemory === state
        ? `${Math.round(share * 100)} % of the memory are in use`
        : `its own work holds the event loop up for ${Math.round(this.#delay.last)} ms`;
    if (before === 'calm') this.#since = now;
    if (state === 'calm') {
      const seconds = Math.round((now - this.#since) / 1000);
      const refused = this.#refused;
      this.#refused = 0;
      log.info(
        { ...record, refused, seconds },
        `shedding is over: ${seconds} s, ${refused} requests were answered 503`,
      );
    } else {
      const does = state === 'closing' ? 'connections are asked to end' : 'new requests are answered 503';
      log.warn(record, `shedding: ${cause}: ${does}`);
    }
  }
}
