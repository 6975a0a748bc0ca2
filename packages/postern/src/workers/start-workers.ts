import { setTimeout as delay } from 'node:timers/promises';
import type { Cell, Log, ServerSection } from '@postern/model';
import type { GatewayServer } from '@postern/server';
import type { InheritedSocket } from '../activation.ts';
import { askAll } from './ask-all.ts';
import { BudgetLedger } from './budget-ledger.ts';
import { holdSocket } from './held-socket.ts';
import type { HeldSocket } from './held-socket.ts';
import { Supervisor } from './supervisor.ts';
import { WorkerMetrics } from './worker-metrics.ts';
import type { WorkerProcess } from './worker-process.ts';
import { ListenerRefused, WorkersCell } from './workers-cell.ts';

/** What several workers are started with. */
export interface WorkersOptions {
  readonly section: ServerSection;
  readonly count: number;
  /** The document that named the plugins. */
  readonly origin: string;
  readonly log: Log;
  /** Sockets that this process was started with, by the name of the listener; others are bound. */
  readonly inherited: ReadonlyMap<string, InheritedSocket>;
}

/** A data plane as a start needs it, in one process or in several. */
export interface DataPlaneServer extends Omit<GatewayServer, 'cell'> {
  readonly cell: Cell;
}

/** Milliseconds beyond the drain of a worker that it gets to end its process. */
const GRACE = 2000;

/**
 * Starts processes that serve on the same sockets, and keeps them alive. Resolves when all of them can take a
 * document; they listen once they have one, or at once where documents come from the bus. Throws when an address is taken, and when a worker cannot start; nothing is left running then.
 */
export async function startWorkers(options: WorkersOptions): Promise<DataPlaneServer> {
  const crew = new Crew(options);
  try {
    return await crew.start();
  } catch (error) {
    await crew.close();
    throw error;
  }
}

/** The sockets, the processes and the cell, from their start to their end. */
class Crew {
  readonly #options: WorkersOptions;
  readonly #sockets = new Map<string, HeldSocket>();
  readonly #supervisor: Supervisor;
  readonly #cell: WorkersCell;
  #draining = false;

  constructor(options: WorkersOptions) {
    const { count, log, section } = options;
    this.#options = options;
    const metrics = new WorkerMetrics(askAll);
    const ledger = new BudgetLedger(count);
    this.#cell = new WorkersCell({
      supervisor: () => this.#supervisor,
      metrics,
      askAll,
      log,
      isDraining: () => this.#draining,
      open: (worker) => this.#open(worker),
      opensEmpty: section.nats !== undefined,
    });
    this.#supervisor = new Supervisor({
      count,
      log,
      bring: (worker) => this.#bring(worker),
      batch: (wish) => ledger.batch(wish),
      lost: (worker) => {
        metrics.lost(worker);
        this.#cell.lost(worker);
      },
      leaving: (worker) => metrics.leaving(worker),
      left: (worker) => metrics.left(worker),
      memoryLimit: section.workerMemory,
      longestLeave: section.drainTimeout + GRACE,
      alarm: (id, message) => this.#cell.alarm(id, message),
    });
  }

  async start(): Promise<DataPlaneServer> {
    const { section, inherited } = this.#options;
    const { listeners } = section;
    for (const listener of listeners)
      this.#sockets.set(listener.name, await holdSocket(listener, inherited.get(listener.name)?.fd));
    await this.#supervisor.start();
    return {
      cell: this.#cell,
      listeners: listeners.map(({ name, host, port, protocol }) => ({
        name,
        host,
        port: this.#sockets.get(name)?.port ?? port,
        protocol,
      })),
      drain: () => this.#drain(),
      close: () => this.close(),
    };
  }

  async #bring(worker: WorkerProcess): Promise<void> {
    const { section, origin, count: processes } = this.#options;
    await worker.channel.ask('start', { section, origin, processes });
    for (const [name, { socket }] of this.#sockets) await worker.channel.ask('socket', name, socket);
    worker.isUp = true;
    await this.#cell.join(worker);
  }

  async #open(worker: WorkerProcess): Promise<void> {
    const opened = await worker.channel.ask('open', undefined);
    if (opened.kind === 'refused') throw new ListenerRefused(opened.issue);
  }

  /** As a single process drains, in all of them at once; who has not ended by then is ended. */
  async #drain(): Promise<void> {
    this.#draining = true;
    this.#supervisor.end();
    const workers = this.#supervisor.processes;
    // Before the workers close theirs: the last copy that closes refuses what comes.
    this.#closeSockets();
    const ending = new AbortController();
    const limit = this.#options.section.drainTimeout + GRACE;
    const late = delay(limit, undefined, { signal: ending.signal }).catch(() => undefined);
    const askAllOf = async (what: 'shut' | 'drain'): Promise<void> => {
      const answers = workers.map((worker) => worker.channel.ask(what, undefined).catch(() => undefined));
      await Promise.race([Promise.all(answers), late]);
    };
    await askAllOf('shut');
    await askAllOf('drain');
    ending.abort();
    await this.close();
  }

  async close(): Promise<void> {
    this.#draining = true;
    this.#cell.end();
    this.#closeSockets();
    await this.#supervisor.close();
  }

  #closeSockets(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}
