/**
 * What a decision costs without any I/O: gate, client, route, policies, header lines for the upstream, response steps, done
 * steps, metrics and the ring of kept decisions, on a document that was checked and compiled as any other. Processor time of
 * this process, its garbage collector included. `npm run bench:decision [-- SECONDS]`; prints figures, asserts none.
 */
import { decisionCases } from './decision-cases.ts';
import type { DecisionCase } from './decision-cases.ts';
import { DecisionStage } from './decision-stage.ts';
import type { Heads } from './decision-stage.ts';

/** What an exchange of one case costs. */
export interface DecisionFigures {
  readonly name: string;
  /** Nanoseconds of processor time: the mean of all, and what a window took that nothing disturbed (tenth percentile). */
  readonly mean: number;
  readonly undisturbed: number;
  /** Bytes allocated on the heap; undefined without `--expose-gc`. */
  readonly bytes: number | undefined;
}

/**
 * Exchanges between two looks at the clock. Their heads are made outside of it, and few enough to be where a parser leaves
 * them: in the cache of the processor.
 */
const WINDOW = 128;

/** Measures one case for that long, after as long a warm-up as the compiler needs. */
export function measureDecision(one: DecisionCase, seconds: number): DecisionFigures {
  const stage = new DecisionStage(one);
  return {
    name: one.name,
    ...measure(stage, (head) => stage.run(head), seconds),
    bytes: globalThis.gc === undefined ? undefined : bytesOf(stage),
  };
}

/** The same of the gate alone, on the heads of that case. */
export function measureGate(one: DecisionCase, seconds: number): Pick<DecisionFigures, 'mean' | 'undisturbed'> {
  const stage = new DecisionStage(one);
  return measure(stage, (head) => stage.gate(head), seconds);
}

function measure(
  stage: DecisionStage,
  run: (head: Heads) => unknown,
  seconds: number,
): Pick<DecisionFigures, 'mean' | 'undisturbed'> {
  for (let at = 0; at < 600; at += 1) timed(stage, run);
  const windows: number[] = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) windows.push(timed(stage, run));
  const sorted = windows.toSorted((a, b) => a - b);
  return {
    mean: windows.reduce((sum, window) => sum + window, 0) / windows.length,
    undisturbed: sorted[Math.floor(sorted.length / 10)] ?? 0,
  };
}

/** Nanoseconds a head in one window. */
function timed(stage: DecisionStage, run: (head: Heads) => unknown): number {
  const heads = stage.heads(WINDOW);
  const before = process.cpuUsage();
  for (const head of heads) run(head);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / WINDOW;
}

/** Bytes that an exchange allocates, of which nothing may be collected in between: the median of many windows. */
export function bytesOf(stage: DecisionStage): number {
  const found: number[] = [];
  for (let window = 0; window < 9; window += 1) {
    const heads = stage.heads(200);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (const head of heads) stage.run(head);
    found.push((process.memoryUsage().heapUsed - before) / heads.length);
  }
  return found.toSorted((a, b) => a - b)[4] ?? 0;
}

if (import.meta.main) {
  const seconds = Number(process.argv[2] ?? 4);
  console.log(`Node ${process.version}; nanoseconds of processor time an exchange, with garbage collection`);
  for (const one of decisionCases) {
    const { name, mean, undisturbed, bytes } = measureDecision(one, seconds);
    const memory = bytes === undefined ? '' : `, ${bytes.toFixed(0)} bytes`;
    console.log(
      `${name.padEnd(16)} ${mean.toFixed(0)} mean, ${undisturbed.toFixed(0)} undisturbed, ${(1e9 / mean / 1000).toFixed(0)}k/s${memory}`,
    );
  }
}
