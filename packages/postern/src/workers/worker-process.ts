import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WorkerStatus } from '@postern/model';
import { NOTHING_COUNTED } from '@postern/server';
import type { CountedMetrics } from '@postern/server';
import type { Batch, BatchWish } from './budget-ledger.ts';
import type { Beat, PrimaryCalls, WorkerCalls } from './calls.ts';
import { Channel } from './channel.ts';

/** Milliseconds between the end of the channel and that of the process. */
const LAST_WORDS = 2000;

/** What a worker says that its primary has to know of. */
export interface WorkerEvents {
  /** It ended, `how` for people: an exit code, a signal, or why the primary ended it. */
  ended(how: string): void;
  /** It had an error that nobody caught, and is on its way out. */
  failing(message: string): void;
  /** It said how it is. */
  beat(beat: Beat): void;
  /** It wants more of a budget. */
  batch(wish: BatchWish): Batch;
}

/** One process that serves, as the primary sees it. */
export class WorkerProcess {
  readonly id: number;
  readonly channel: Channel<PrimaryCalls, WorkerCalls>;
  readonly #child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  state: Exclude<WorkerStatus['state'], 'waiting'> = 'starting';
  /** Its plugins are loaded: it can take a document. */
  isUp = false;
  isOpen = false;
  isGone = false;
  /** Digest of the candidate that it is preparing or holds. */
  preparing: string | undefined;
  /** Identity of what serves there. */
  serving: { readonly revision: number; readonly digest: string } | undefined;
  beat: Beat | undefined;
  /** By the clock of this process. */
  beatAt = 0;
  /** What it had counted when it was asked last. */
  counted: CountedMetrics = NOTHING_COUNTED;
  #reason: string | undefined;

  constructor(id: number, events: WorkerEvents) {
    this.id = id;
    // Published, this file is JavaScript and so is its neighbour.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const cache = getCompileCacheDir();
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), [String(id)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // A worker that takes another's place should not compile the same thousand files again.
      env: cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: cache },
    });
    this.channel = new Channel<PrimaryCalls, WorkerCalls>(this.#child, {
      batch: (wish) => events.batch(wish),
      beat: (beat) => {
        this.beat = beat;
        this.beatAt = performance.now();
        events.beat(beat);
        return undefined;
      },
      failing: (message) => {
        events.failing(message);
        return undefined;
      },
    });
    this.gone = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.isGone) return;
        this.isGone = true;
        events.ended(this.#reason ?? how);
        resolve();
      };
      this.#child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : signal));
      this.#child.once('error', (error) => end(error.message));
    });
    // Nobody could drive it any more.
    this.#child.once('disconnect', () => void setTimeout(() => this.kill('it closed the channel'), LAST_WORDS).unref());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it at once; `reason` is what people are told. */
  kill(reason: string): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }
}
