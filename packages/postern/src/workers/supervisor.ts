import type { Log, WorkerStatus } from '@postern/model';
import type { Batch, BatchWish } from './budget-ledger.ts';
import { BEAT } from './calls.ts';
import { cpuTime } from './cpu-time.ts';
import { handOver } from './handover.ts';
import { MemoryWatch } from './memory-watch.ts';
import { emptyPlace, settle, statusOf } from './place.ts';
import type { Place } from './place.ts';
import { LIVED, restartDelay } from './restart-delay.ts';
import { LOOK } from './watch.ts';
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
  /** Another has the place of a process, which lets end what is in flight; and it has. */
  leaving(worker: WorkerProcess): void;
  left(worker: WorkerProcess): void;
  /** Bytes of resident memory above which another takes a worker's place; undefined: what its heap may hold decides. */
  readonly memoryLimit: number | undefined;
  /** Milliseconds that a worker on its way out may take. */
  readonly longestLeave: number;
  /** A place has been empty too often in a row, or is well again. */
  alarm(id: number, message: string | undefined): void;
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
    for (const worker of this.processes) worker.kill('the gateway ends');
  };
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.count }, (_, at) => emptyPlace(at + 1));
    this.#looks = setInterval(() => this.#look(), LOOK);
    // Whatever ends this process in order must not leave them behind; after a SIGKILL they see that the channel is closed.
    process.on('exit', this.#killAll);
  }

  /** Starts every worker; rejects with why one of them cannot be brought to serve. */
  async start(): Promise<void> {
    await Promise.all(
      this.#places.map(async (place) => {
        const worker = this.#fork(place);
        settle(place, worker);
        await this.#options.bring(worker);
      }),
    );
  }

  /** Every process that is in its place, starting ones included. */
  get workers(): readonly WorkerProcess[] {
    return this.#places.flatMap(({ worker, successor }) => [worker ?? [], successor ?? []].flat());
  }

  /** Those on their way out as well. */
  get processes(): readonly WorkerProcess[] {
    return [...this.workers, ...this.#leaving];
  }

  /** Whether every place has a worker that serves and has said something of late. */
  get isWell(): boolean {
    const since = performance.now() - 4 * BEAT;
    return this.#places.every(({ worker }) => worker?.state === 'serving' && worker.beatAt > since);
  }

  status(): readonly WorkerStatus[] {
    return this.#places.map(statusOf);
  }

  /** What they died of is gone: the empty places are filled at once. */
  forgive(): void {
    for (const place of this.#places) {
      place.endsInARow = 0;
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
    await Promise.all(this.processes.map(({ gone }) => gone));
  }

  /** A process that belongs to a place, and is not in it yet. */
  #fork(place: Place): WorkerProcess {
    const memory = new MemoryWatch(this.#options.memoryLimit);
    const worker: WorkerProcess = new WorkerProcess(place.id, {
      batch: (wish) => this.#options.batch(wish),
      ended: (how) => this.#lose(place, worker, how),
      beat: (beat) => this.#weigh(place, worker, memory.look(beat.memory)),
      failing: (message) => {
        this.#leaving.add(worker);
        worker.state = 'leaving';
        this.#lose(place, worker, `an error that nobody caught: ${message}`);
      },
    });
    return worker;
  }

  #lose(place: Place, worker: WorkerProcess, how: string): void {
    if (worker.isGone) this.#leaving.delete(worker);
    const { successor } = place;
    if (worker === successor) place.successor = undefined;
    else if (worker !== place.worker) return;
    if (this.#ending) return;
    this.#options.log.error({ worker: place.id, pid: worker.pid, how }, `worker ${place.id} is lost: ${how}`);
    this.#options.lost(worker, how);
    if (worker === successor) return;
    this.#countEnd(place);
    place.worker = undefined;
    if (successor === undefined) return this.#schedule(place);
    // It starts already.
    place.successor = undefined;
    place.restarts += 1;
    settle(place, successor);
  }

  #countEnd(place: Place): void {
    place.endsInARow = performance.now() - place.since < LIVED ? place.endsInARow + 1 : 1;
  }

  /** Has another take the place of a worker that has too much memory: less often when it goes on. */
  #weigh(place: Place, worker: WorkerProcess, reason: string | undefined): void {
    if (reason === undefined || this.#ending || place.worker !== worker || worker.state !== 'serving') return;
    // Three processes for one place would be three times the memory.
    if (place.successor !== undefined || [...this.#leaving].some(({ id }) => id === place.id)) return;
    const lived = performance.now() - place.since;
    if (lived < restartDelay(place.endsInARow + 1, Math.random)) return;
    this.#countEnd(place);
    this.#alarm(place, `is replaced again and again, each time soon after its start: ${reason}`);
    void handOver(place, reason, {
      log: this.#options.log,
      longestStart: LONGEST_START,
      longestLeave: this.#options.longestLeave,
      fork: (into) => this.#fork(into),
      bring: (next) => this.#options.bring(next),
      leaving: (old) => {
        this.#leaving.add(old);
        this.#options.leaving(old);
      },
      left: (old) => this.#options.left(old),
    });
  }

  #alarm({ id, endsInARow }: Place, what: string): void {
    if (endsInARow > 2) this.#options.alarm(id, `worker ${id} ${what}`);
  }

  #schedule(place: Place): void {
    clearTimeout(place.timer);
    if (this.#ending) return;
    const delay = restartDelay(place.endsInARow, Math.random);
    this.#alarm(place, `died ${place.endsInARow} times in a row, each within ${LIVED / 1000} s`);
    place.timer = setTimeout(() => {
      place.timer = undefined;
      void this.#replace(place);
    }, delay);
  }

  async #replace(place: Place): Promise<void> {
    place.restarts += 1;
    const worker = this.#fork(place);
    settle(place, worker);
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
      if (place.endsInARow > 0 && worker.state === 'serving' && performance.now() - place.since > LIVED) {
        place.endsInARow = 0;
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
