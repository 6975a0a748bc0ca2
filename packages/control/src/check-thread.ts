import { setImmediate } from 'node:timers/promises';
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { CheckedDocument, Result, SourceText } from '@postern/model';
import type { CheckSettings } from './check-now.ts';
import type { CheckPart } from './check-worker.ts';
import { DocumentAssembly } from './document-parts.ts';

/** Milliseconds: the longest document takes seconds. A check that takes longer is stuck, and later ones wait behind it. */
const DEADLINE = 60_000;
/** Milliseconds that a thread without work is kept, unless it stays: a warm one takes a quarter of a new one's time. */
const IDLE = 30_000;
/** Milliseconds of taking parts in between two turns of the event loop. */
const SLICE = 5;

interface IdleThread {
  readonly worker: Worker;
  /** Stops waiting for its end. */
  readonly take: () => void;
}

let idle: IdleThread | undefined;
let stays = false;

/** From now on a thread without work is kept for good. False: it was so before. */
export function keepForGood(): boolean {
  const before = stays;
  stays = true;
  return !before;
}

/**
 * Stage 1 in a thread of its own. Rejects when the thread dies or is late; requests go on meanwhile. What is as it was in
 * `before` is shared with it.
 */
export async function checkInThread(
  source: SourceText,
  settings: CheckSettings,
  before: CheckedDocument | undefined,
): Promise<Result<CheckedDocument>> {
  const worker = takeThread();
  const { port1, port2 } = new MessageChannel();
  try {
    const count = await order(worker, { source, settings, parts: port2 });
    const result = await assemble(port1, count, new DocumentAssembly(before));
    keepThread(worker);
    return result;
  } catch (error) {
    void worker.terminate();
    throw error;
  } finally {
    port1.close();
  }
}

/** Resolves with the number of parts that wait in the port. */
function order(
  worker: Worker,
  message: { readonly source: SourceText; readonly settings: CheckSettings; readonly parts: MessagePort },
): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    const done = (): void => {
      clearTimeout(late);
      worker.off('message', finished).off('error', failed).off('exit', ended);
    };
    const finished = (count: number): void => {
      done();
      resolve(count);
    };
    const failed = (error: unknown): void => {
      done();
      reject(toError(error));
    };
    const ended = (code: number): void => failed(new Error(`the thread ended with code ${code} and without a result`));
    const late = setTimeout(() => failed(new Error(`no result after ${DEADLINE / 1000} s`)), DEADLINE);
    worker.on('message', finished).on('error', failed).on('exit', ended);
    try {
      worker.postMessage(message, [message.parts]);
    } catch (error) {
      failed(error);
    }
  });
}

/** Takes the parts out one by one: each is deserialised here, and all at once would hold requests up. */
async function assemble(
  port: MessagePort,
  count: number,
  assembly: DocumentAssembly,
): Promise<Result<CheckedDocument>> {
  let until = performance.now() + SLICE;
  for (let taken = 0; taken < count; taken += 1) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) throw new Error('a part of the result is missing');
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- ports are untyped by nature; check-worker.ts alone posts here
    const part: CheckPart = received.message;
    if (part.kind === 'refused') return part;
    assembly.take(part);
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + SLICE;
  }
  const { document } = assembly;
  if (document === undefined) throw new Error('the result has no document');
  return { kind: 'accepted', value: document, warnings: document.warnings };
}

function takeThread(): Worker {
  if (idle !== undefined) {
    const { worker, take } = idle;
    take();
    worker.ref();
    return worker;
  }
  // Published, this file is JavaScript and so is its neighbour.
  const file = import.meta.url.endsWith('.ts') ? './check-worker.ts' : './check-worker.js';
  return new Worker(new URL(file, import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 1024 } });
}

/** Keeps one thread warm; it never keeps the process alive. */
function keepThread(worker: Worker): void {
  if (idle !== undefined) {
    void worker.terminate();
    return;
  }
  worker.unref();
  const take = (): void => {
    idle = undefined;
    clearTimeout(end);
    worker.off('error', take).off('exit', take);
  };
  const end = setTimeout(() => {
    if (stays) return;
    take();
    void worker.terminate();
  }, IDLE).unref();
  worker.on('error', take).on('exit', take);
  idle = { worker, take };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
