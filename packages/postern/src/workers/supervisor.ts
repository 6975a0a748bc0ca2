import type { Log, WorkerStatus } from '@postern/model';
import type { Batch, BatchWish } from './budget-ledger.ts';
import { BEAT } from './calls.ts';
import { cpuTime } from './cpu-time.ts';
import { LIVED, restartDelay } from './restart-delay.ts';
import { LOOK, Watch } from './watch.ts';
import { WorkerProcess } from './worker-process.ts';

/** Milliseconds for a process to load its code and plugins; a starved machine needs some of them. */
const LONGEST_START = 60_000;

/** What keeps workers alive needs to know. */
export interface SupervisorOptions {
  readonly count: number;
  readonly log: Log;
  /** Brings a new process to where it serves. Rejects when it cannot. */
  bring(worker: WorkerProcess): Promise<void>;
  /** A worker wants more of a budget. */
  batch(wish: BatchWish): Batch;
  /** A process is on its way out, or gone. Called once for each. */
  lost(worker: WorkerProcess, how: string): void;
  /** A place has been empty too often in a row, or is well again. */
  alarm(id: number, message: string | undefined): void;
}

/** One place for a worker, whoever is in it. */
interface Place {
  readonly id: number;
  worker: WorkerProcess | undefined;
  watch: Watch;
  restarts: number;
  deathsInARow: number;
  since: number;
  timer: NodeJS.Timeout | undefined;
}

/** Keeps so many processes alive: one that dies, hangs or fails is replaced, with growing delays when that goes on. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #places: readonly Place[];
  /** On their way out: nothing new comes to them. */
  readonly #leaving = new Set<WorkerProcess>();
  readonly #looks: NodeJS.Timeout;
  readonly #killAll = (): void => {
    this.end();
    for (const worker of this.#all) worker.kill('the gateway ends');
  };
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.count }, (_, at) => ({
      id: at + 1,
      worker: undefined,
      watch: new Watch(),
      restarts: 0,
      deathsInARow: 0,
      since: 0,
      timer: undefined,
    }));
    this.#looks = setInterval(() => this.#look(), LOOK);
    // Whatever ends this process in order must not leave them behind; after a SIGKILL they see that the channel is closed.
    process.on('exit', this.#killAll);
  }

  /** Starts every worker; rejects with why one of them cannot be brought to serve. */
  async start(): Promise<void> {
    await Promise.all(
      this.#places.map(async (place) => {
        const worker = this.#fork(place);
        await this.#options.bring(worker);
      }),
    );
  }

  /** Every process that is in its place, starting ones included. */
  get workers(): readonly WorkerProcess[] {
    return this.#places.flatMap(({ worker }) => (worker === undefined ? [] : [worker]));
  }

  /** Whether every place has a worker that serves and has said something of late. */
  get isWell(): boolean {
    const since = performance.now() - 4 * BEAT;
    return this.#places.every(({ worker }) => worker?.state === 'serving' && worker.beatAt > since);
  }

  status(): readonly WorkerStatus[] {
    return this.#places.map(({ id, worker, restarts }) => ({
      id,
      pid: worker?.pid,
      state: worker?.state ?? 'waiting',
      revision: worker?.serving?.revision,
      restarts,
    }));
  }

  /** What they died of is gone: the empty places are filled at once. */
  forgive(): void {
    for (const place of this.#places) {
      place.deathsInARow = 0;
      if (place.timer !== undefined) this.#schedule(place);
    }
  }

  /** From now on nobody is replaced. */
  end(): void {
    this.#ending = true;
    clearInterval(this.#looks);
    for (const { timer } of this.#places) clearTimeout(timer);
    for (const worker of this.workers) worker.state = 'leaving';
  }

  /** Ends every process at once; resolves when they are gone. */
  async close(): Promise<void> {
    this.#killAll();
    process.off('exit', this.#killAll);
    await Promise.all(this.#all.map(({ gone }) => gone));
  }

  get #all(): readonly WorkerProcess[] {
    return [...this.workers, ...this.#leaving];
  }

  #fork(place: Place): WorkerProcess {
    const worker: WorkerProcess = new WorkerProcess(place.id, {
      batch: (wish) => this.#options.batch(wish),
      ended: (how) => this.#lose(place, worker, how),
      failing: (message) => {
        this.#leaving.add(worker);
        worker.state = 'leaving';
        this.#lose(place, worker, `an error that nobody caught: ${message}`);
      },
    });
    place.worker = worker;
    place.watch = new Watch();
    place.since = performance.now();
    return worker;
  }

  #lose(place: Place, worker: WorkerProcess, how: string): void {
    if (worker.isGone) this.#leaving.delete(worker);
    if (place.worker !== worker) return;
    place.worker = undefined;
    if (this.#ending) return;
    const lived = performance.now() - place.since;
    place.deathsInARow = lived < LIVED ? place.deathsInARow + 1 : 1;
    this.#options.log.error({ worker: place.id, pid: worker.pid, how }, `worker ${place.id} is lost: ${how}`);
    this.#options.lost(worker, how);
    this.#schedule(place);
  }

  #schedule(place: Place): void {
    clearTimeout(place.timer);
    if (this.#ending) return;
    const delay = restartDelay(place.deathsInARow, Math.random);
    if (place.deathsInARow > 2)
      this.#options.alarm(
        place.id,
        `worker ${place.id} died ${place.deathsInARow} times in a row, each within ${LIVED / 1000} s`,
      );
    place.timer = setTimeout(() => {
      place.timer = undefined;
      void this.#replace(place);
    }, delay);
  }

  async #replace(place: Place): Promise<void> {
    place.restarts += 1;
    const worker = this.#fork(place);
    try {
      await this.#options.bring(worker);
      if (worker.isGone || place.worker !== worker || this.#ending) return;
      this.#options.log.info({ worker: place.id, pid: worker.pid }, `worker ${place.id} serves again`);
    } catch (error) {
      worker.kill(`it could not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #look(): void {
    for (const place of this.#places) {
      const { worker, watch } = place;
      if (worker === undefined) continue;
      if (place.deathsInARow > 0 && worker.state === 'serving' && performance.now() - place.since > LIVED) {
        place.deathsInARow = 0;
        this.#options.alarm(place.id, undefined);
      }
      if (!worker.isUp) {
        // Loading code is one long turn of the event loop: a beat is no measure of it.
        if (performance.now() - place.since > LONGEST_START)
          worker.kill(`it took longer than ${LONGEST_START / 1000} s to start`);
        continue;
      }
      const { heard } = worker.channel;
      const reason = watch.look({ heard, cpu: () => (worker.pid === undefined ? undefined : cpuTime(worker.pid)) });
      if (reason !== undefined) worker.kill(reason);
    }
  }
}
