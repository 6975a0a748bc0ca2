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
  #lost = 0;

  constructor(askAll: AskAll) {
    this.#askAll = askAll;
  }

  /** A worker is gone: its last word counts on. */
  lost({ counted }: WorkerProcess): void {
    this.#lost += 1;
    this.#departed = this.#departed.then((departed) => addMetrics(departed, counted));
  }

  /** Prometheus text. */
  async text(workers: readonly WorkerProcess[]): Promise<string> {
    await this.#askAll(workers, async (worker) => {
      worker.counted = await worker.channel.ask('counted', undefined);
    });
    const living = workers.filter(({ isGone }) => !isGone).map(({ counted }) => counted);
    const text = await aggregateMetrics(living, await this.#departed);
    return `${text.trimEnd()}\n${this.#own(workers)}`;
  }

  #own(workers: readonly WorkerProcess[]): string {
    return [
      '# HELP postern_workers Processes that serve',
      '# TYPE postern_workers gauge',
      `postern_workers ${workers.filter(({ isOpen, isGone }) => isOpen && !isGone).length}`,
      '# HELP postern_workers_lost_total Processes that ended, hung or failed without being told to',
      '# TYPE postern_workers_lost_total counter',
      `postern_workers_lost_total ${this.#lost}`,
      '',
    ].join('\n');
  }
}
