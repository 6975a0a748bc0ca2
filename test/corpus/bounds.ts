import { setTimeout as wait } from 'node:timers/promises';
import type { BadInput } from './case.ts';
import { LIMITS } from './document.ts';
import type { Figures } from './gateway-process.ts';
import type { Seen, Transport } from './run-case.ts';

// Time and processor time are stretched for a busy machine; memory and counts are not.
const STRETCH = 10;
const MEBIBYTE = 1024 * 1024;

/** A transport that also looks whether the row's bounds hold. Memory is what a collection of garbage leaves, all through the case. */
export function bounded(transport: Transport): Transport {
  return async (lane, row, probe) => {
    const { gateway } = lane;
    const before = await gateway.figures({ collect: true });
    let [peak, over] = [before.kept, false];
    const sampling = (async () => {
      while (!over && gateway.alive() && row.expect.limits?.rss_growth_mib !== undefined) {
        peak = Math.max(peak, (await gateway.figures({ collect: true })).kept);
        await wait(250);
      }
    })();
    const seen = await transport(lane, row, probe);
    over = true;
    await sampling.catch(() => undefined);
    if (!gateway.alive()) return seen;
    const after = await gateway.figures();
    const more = [...(seen.more ?? []), ...violationsOf(row, seen, { growth: peak - before.kept, before, after })];
    return { ...seen, more };
  };
}

interface Measured {
  readonly growth: number;
  readonly before: Figures;
  readonly after: Figures;
}

function violationsOf({ expect: { limits = {} } }: BadInput, seen: Seen, measured: Measured): readonly string[] {
  const violations: string[] = [];
  const growth = measured.growth / MEBIBYTE;
  if (growth > (limits.rss_growth_mib ?? Infinity)) violations.push(`memory grew by ${growth.toFixed(1)} MiB`);
  const cpu = measured.after.cpu - measured.before.cpu;
  const most = limits.cpu_ms_max ?? (limits.cpu_s_max ?? Infinity) * 1000;
  if (cpu > most * STRETCH) violations.push(`${Math.round(cpu)} ms of processor time, not ${most}`);
  const answer = millisecondsOf(limits.answer_within_ms);
  if ((seen.answeredAfter ?? 0) > answer * STRETCH)
    violations.push(`the answer took ${Math.round(seen.answeredAfter ?? 0)} ms, not ${answer}`);
  const close = limits.close_within_ms;
  // Those of a deadline are many times that of the fixture as they are.
  if (
    close !== undefined &&
    (seen.closedAfter ?? Infinity) > (close < LIMITS.headersTimeout ? close * STRETCH : close * 3)
  )
    violations.push(`the connection was closed after ${seen.closedAfter} ms, not ${close}`);
  return violations;
}

function millisecondsOf(bound: number | string | undefined): number {
  if (bound === undefined) return Infinity;
  if (typeof bound === 'number') return bound;
  return (bound.startsWith('connect_timeout') ? LIMITS.connect : LIMITS.headers) + 250;
}
