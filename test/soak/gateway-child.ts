// A gateway in a process of its own, whose documents come over IPC: as fast as a test wants, without a file in between.
import { getActiveResourcesInfo } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { builtinPlugins, startGateway } from 'postern';
import { heapInUse } from '../kit/heap.ts';
import { memorySource } from '../kit/memory-source.ts';

/** What the test says. */
export type ToChild =
  | { readonly kind: 'document'; readonly text: string }
  | { readonly kind: 'measure'; readonly id: number };

/** What the gateway says. */
export type FromChild =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'measured'; readonly id: number; readonly measured: Measured };

/** How a gateway is. */
export interface Measured {
  /** Bytes, after a collection of garbage; pages that V8 has pooled for the next objects among them. */
  readonly rss: number;
  readonly heap: number;
  /** Timers, sockets and listeners that are open. */
  readonly resources: Readonly<Record<string, number>>;
  readonly liveSnapshots: number;
  readonly accepted: number;
  readonly refused: number;
}

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };
let source: ReturnType<typeof memorySource> | undefined;
let gateway: Awaited<ReturnType<typeof startGateway>> | undefined;

const say = (message: FromChild): void => void process.send?.(message);

process.on('message', (message: ToChild) => {
  if (message.kind === 'measure') void measure(message.id);
  else if (source === undefined) void start(message.text);
  else source.push(message.text);
});
// A parent that was killed ends nothing any more.
process.once('disconnect', () => process.exit(1));

async function start(text: string): Promise<void> {
  source = memorySource(text);
  gateway = await startGateway({ source, plugins: builtinPlugins, log: quiet });
  say({ kind: 'port', port: gateway.listeners[0]?.port ?? 0 });
}

async function measure(id: number): Promise<void> {
  if (gateway === undefined) return;
  // What waits to be closed a moment after a reload is closed.
  await wait(300);
  const heap = await heapInUse();
  const resources: Record<string, number> = {};
  for (const name of getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const { accepted, refused } = gateway.control().reloads;
  const { liveSnapshots } = gateway.cell.status();
  const { rss } = process.memoryUsage();
  say({ kind: 'measured', id, measured: { rss, heap, resources, liveSnapshots, accepted, refused } });
}
