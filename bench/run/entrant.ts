import { setTimeout as delay } from 'node:timers/promises';
import type { Case, CaseRequest } from '../core/cases.ts';
import { faultOf } from '../core/fault.ts';
import type { Load, LoadReport } from '../core/load.ts';
import { ask } from './ask.ts';
import type { Child, Children } from './children.ts';
import { freePort } from './free-port.ts';
import { runLoad } from './load.ts';
import type { Peer } from './peers.ts';
import type { Upstream } from './upstream.ts';
import { usageOf } from './usage.ts';

/** One turn of an entrant. */
export interface Sample extends LoadReport {
  /** Processor time of the peer for one request, in microseconds. */
  readonly cpu: number;
  readonly rss: number;
}

/** A peer that serves the site of a case. */
export interface Entrant {
  readonly peer: Peer;
  readonly testCase: Case;
  readonly child: Child;
  readonly port: number;
  /** Puts it under load for so many milliseconds. */
  turn(duration: number): Promise<Sample>;
}

/** Milliseconds that a peer has to begin to answer; 10,000 routes take some. */
const PATIENCE = 180_000;

/** What `enter` says of a peer that cannot do the case. */
export class NotComparable extends Error {}

/** Starts a peer on the site of a case and sees that it answers right. Throws `NotComparable` when it cannot. */
export async function enter(
  { children, upstream }: { readonly children: Children; readonly upstream: Upstream },
  peer: Peer,
  testCase: Case,
): Promise<Entrant> {
  const reason = peer.lacks(testCase.site);
  if (reason !== undefined) throw new NotComparable(reason);
  const port = await freePort();
  const child = children.start(peer.name, peer.launch({ ...testCase.site, port, upstream: upstream.port }));
  const { protocol } = testCase.site;
  const question = (request: CaseRequest) => ({ ...request, protocol, port });
  try {
    await answers(child, () => ask(question(testCase.request)));
    for (const check of testCase.checks) {
      const fault = faultOf(check, await ask(question(check.request)));
      if (fault !== undefined) throw new NotComparable(fault);
    }
  } catch (error) {
    await child.end();
    throw error;
  }
  const load: Load = { ...testCase.request, protocol, port, duration: 0 };
  return {
    peer,
    testCase,
    child,
    port,
    async turn(duration) {
      const before = usageOf(child.pid);
      const report = await runLoad({ ...load, duration }, child.folder);
      const after = usageOf(child.pid);
      if (child.ended() !== undefined) throw new Error(`it ${child.ended()}: ${child.output().slice(-400)}`);
      return { ...report, cpu: (after.microseconds - before.microseconds) / report.requests, rss: after.rss };
    },
  };
}

/** Waits until it answers anything but 503, which is Postern's answer while it has no snapshot. */
async function answers(child: Child, send: () => ReturnType<typeof ask>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  let last = 'no answer';
  while (performance.now() < deadline) {
    if (child.ended() !== undefined) throw new NotComparable(said(child.output()) || `it ${child.ended()}`);
    const status = await send().then(
      ({ status }) => status,
      (error: unknown) => {
        last = String(error);
        return 0;
      },
    );
    if (status !== 0 && status !== 503) return;
    await delay(20);
  }
  throw new NotComparable(`it does not answer within ${PATIENCE / 1000} s: ${last}; ${said(child.output())}`);
}

/** What matters of an output: a version that lacks a key says so, others say somewhere why they cannot start. */
function said(output: string): string {
  if (output.includes('not supported yet')) return 'not in this version';
  const lines = output.trim().split('\n');
  return (lines.find((line) => /\b(error|emerg|alert)\b/i.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 300);
}
