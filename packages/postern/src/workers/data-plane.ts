import { setImmediate } from 'node:timers/promises';
import { DocumentAssembly } from '@postern/control';
import { CertificateUnusable, makeServer, residentMemory } from '@postern/server';
import type { ClosedServer, ListenerSocket, Prepared } from '@postern/server';
import { watchFiles } from '@postern/source-file';
import type { CheckedDocument } from '@postern/model';
import type { ProgramLog } from '../log.ts';
import { builtinPlugins, pluginsByName } from '../plugins.ts';
import type { Beat, Opened, PreparedThere, WorkerCalls, WorkerStart } from './calls.ts';
import type { Batch, BatchWish } from './budget-ledger.ts';
import type { Answers } from './channel.ts';
import { BatchedBudgets } from './batched-budgets.ts';
import { oldHeap } from './heap.ts';

/** The data plane of one worker, as the primary drives it. */
export class DataPlane {
  readonly #log: ProgramLog;
  readonly #budgets: BatchedBudgets;
  readonly #sockets = new Map<string, ListenerSocket>();
  #server: ClosedServer | undefined;
  #assembly = new DocumentAssembly(undefined);
  #before: CheckedDocument | undefined;
  #prepared: Prepared | undefined;
  #drained: Promise<void> | undefined;
  readonly #patience = new AbortController();

  /** `batch` asks the primary for more of a budget. */
  constructor(log: ProgramLog, batch: (wish: BatchWish) => Promise<Batch>) {
    this.#log = log;
    this.#budgets = new BatchedBudgets(batch);
  }

  /** What it does when the primary asks; `end` comes after a drain that was asked for. */
  answers(end: () => void): Answers<WorkerCalls> {
    return {
      start: (given) => this.#start(given),
      socket: (name, socket) => {
        if (socket === undefined) throw new Error(`no socket came for listener ${name}`);
        this.#sockets.set(name, socket);
        return undefined;
      },
      take: async (part) => {
        if (part.kind === 'document') this.#assembly = new DocumentAssembly(this.#before);
        this.#assembly.take(part);
        // The next part comes after this answer: requests have their turn in between.
        await setImmediate();
        return undefined;
      },
      prepare: (identity) => this.#prepare(identity),
      commit: () => this.#settle('commit'),
      abandon: () => this.#settle('abandon'),
      open: () => this.#open(),
      counted: () => this.#made.counted(),
      decisions: (filter) => this.#made.cell.decisions(filter),
      decision: (id) => this.#made.cell.decision(id),
      retire: async () => {
        // What has come by now is still let in.
        await setImmediate();
        // Another serves already: nobody is in a hurry.
        this.#drained ??= this.#server?.drain(this.#patience.signal) ?? Promise.resolve();
        await this.#drained;
        return this.#made.counted();
      },
      shut: () => this.shut(),
      drain: async () => {
        await this.drain();
        end();
        return undefined;
      },
    };
  }

  get beat(): Beat {
    const { liveSnapshots = 0, shedding } = this.#server?.cell.status() ?? {};
    return { liveSnapshots, shedding, memory: { rss: residentMemory() ?? 0, ...oldHeap() } };
  }

  /** Lets no new connection in. */
  async shut(): Promise<undefined> {
    // What has come by now is still let in.
    await setImmediate();
    this.#server?.shut();
    return undefined;
  }

  /** Lets what is in flight end, within `server.drainTimeout`; the same drain for whoever asks again. */
  drain(): Promise<void> {
    this.#patience.abort();
    this.#drained ??= this.#server?.drain() ?? Promise.resolve();
    return this.#drained;
  }

  get #made(): ClosedServer {
    if (this.#server === undefined) throw new Error('asked before the start');
    return this.#server;
  }

  async #start({ section, origin, processes }: WorkerStart): Promise<undefined> {
    const plugins = await pluginsByName(section.plugins, origin, builtinPlugins);
    this.#server = makeServer({
      section,
      plugins,
      log: this.#log,
      watchFiles,
      sockets: this.#sockets,
      budgets: this.#budgets,
      processes,
    });
    return undefined;
  }

  async #prepare(identity: { readonly revision: number; readonly digest: string }): Promise<PreparedThere> {
    const { document } = this.#assembly;
    if (document === undefined) throw new Error('asked for a document that did not come');
    this.#assembly = new DocumentAssembly(undefined);
    this.#before = document;
    const prepared = await this.#made.cell.prepare({ ...identity, document });
    if (prepared.kind === 'refused') return prepared;
    this.#prepared = prepared;
    return { kind: 'prepared', warnings: prepared.warnings };
  }

  #settle(how: 'commit' | 'abandon'): undefined {
    if (this.#prepared?.kind === 'prepared') this.#prepared[how]();
    this.#prepared = undefined;
    return undefined;
  }

  async #open(): Promise<Opened> {
    try {
      return { kind: 'opened', listeners: await this.#made.open() };
    } catch (error) {
      if (error instanceof CertificateUnusable) return { kind: 'refused', issue: error.issue };
      throw error;
    }
  }
}
