import { NOTHING_COUNTED, addMetrics, aggregateMetrics } from '@postern/server';
import type { CountedMetrics } from '@postern/server';
import type { AskAll } from './ask-all.ts';
import type { WorkerProcess } from './worker-process.ts';

/**
 * What all workers have counted together, as one. What a worker had counted when it was last asked stays counted after its
 * death; what it counted between that and its death is lost.
 */
export class WorkerMetrics {
  readonly #askAll: AskAll;
  #departed: Promise<CountedMetrics> = Promise.resolve(NOTHING_COUNTED);
  /** On their way out in order: they count what is in flight there to its end. */
  readonly #leaving = new Set<WorkerProcess>();
  #lost = 0;
  #replaced = 0;

  constructor(askAll: AskAll) {
    this.#askAll = askAll;
  }

  /** A worker is gone: its last word counts on. */
  lost(worker: WorkerProcess): void {
    this.#lost += 1;
    this.#depart(worker);
  }

  /** Another has the place of a worker, which lets end what is in flight. */
  leaving(worker: WorkerProcess): void {
    this.#replaced += 1;
    this.#leaving.add(worker);
  }

  /** It has. */
  left(worker: WorkerProcess): void {
    if (this.#leaving.delete(worker)) this.#depart(worker);
  }

  /** Prometheus text. */
  async text(workers: readonly WorkerProcess[]): Promise<string> {
    const asked = [...workers, ...this.#leaving];
    await this.#askAll(asked, async (worker) => {
      worker.counted = await worker.channel.ask('counted', undefined);
    });
    const living = asked
      .filter((worker) => this.#leaving.has(worker) || (!worker.isGone && workers.includes(worker)))
      .map(({ counted }) => counted);
    const text = await aggregateMetrics(living, await this.#departed);
    return `${text.trimEnd()}\n${this.#own(workers)}`;
  }

  #depart({ counted }: WorkerProcess): void {
    this.#departed = this.#departed.then((departed) => addMetrics(departed, counted));
  }

  #own(workers: readonly WorkerProcess[]): string {
    return [
      '# HELP postern_workers Processes that serve',
      '# TYPE postern_workers gauge',
      `postern_workers ${workers.filter(({ isOpen, isGone }) => isOpen && !isGone).length}`,
      '# HELP postern_workers_lost_total Processes that ended, hung or failed without being told to',
      '# TYPE postern_workers_lost_total counter',
      `postern_workers_lost_total ${this.#lost}`,
      '# HELP postern_workers_replaced_total Processes that another took the place of, for the memory they had',
      '# TYPE postern_workers_replaced_total counter',
      `postern_workers_replaced_total ${this.#replaced}`,
      '',
    ].join('\n');
  }
}
