import type { Recording } from '../corpus/recorder.ts';
import type { StrictRequest } from '../corpus/strict-reader.ts';
import type { Subject } from './campaign.ts';
import type { Front } from './front.ts';
import { abortedViolations, certainOf, clientViolations, upstreamViolations } from './judge-requests.ts';
import { PARALLEL, play, probeOf } from './play.ts';
import type { Played } from './play.ts';
import { anyRequests } from './request-mutations.ts';

/** The subject, and how many of its requests had to be answered so far. */
export interface Requests extends Subject {
  readonly certain: () => number;
}

/** Byte streams of HTTP/1, valid and not, through a real socket. */
export function requestsThrough(front: Front): Requests {
  let certain = 0;
  /** Of this batch and the one before: a request may come upstream when its client has gone. */
  let known = new Map<string, Played>();
  let before = known;

  const probe = probeOf(front.port, '/echo/probe', (played) => void known.set(played.address, played));

  const playAll = async (inputs: Parameters<Subject['play']>[0]): Promise<readonly Played[]> => {
    const all: Played[] = [];
    const waiting = inputs.entries();
    const lane = async (): Promise<void> => {
      for (const [at, input] of waiting) {
        const played = await play(front.port, input, probe);
        all[at] = played;
        known.set(played.address, played);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    return all;
  };

  return {
    name: 'requests',
    batch: 240,
    certain: () => certain,
    make: anyRequests,
    async play(inputs) {
      before = known;
      known = new Map();
      const all = await playAll(inputs);
      await probe();
      for (const { reading } of all) certain += certainOf(reading);
      const found = all.map((played) => [...clientViolations(played)]);
      const general = generalViolations(front);
      for (const [address, violations] of recordedViolations(
        front.upstream.take(),
        (from) => known.get(from) ?? before.get(from),
      )) {
        const at = all.findIndex((played) => played.address === address);
        (found[at] ?? general).push(...violations);
      }
      return { found, general };
    },
  };
}

/** What is wrong and cannot be told to be of one input. */
function generalViolations(front: Front): string[] {
  const violations = front.mistakes().map((line) => `a mistake in the log: ${line}`);
  if (!front.alive()) violations.push('ended: the gateway has ended');
  const { requests, aborted, malformed, connections } = front.guarded.take();
  if (connections > 0) violations.push(`guarded: ${JSON.stringify([requests[0]?.head, ...aborted, ...malformed])}`);
  return violations;
}

/** By the address of the client, as the gateway says it. */
function recordedViolations(
  { requests, aborted, malformed }: Recording,
  playedOf: (address: string) => Played | undefined,
): readonly (readonly [address: string, violations: readonly string[]])[] {
  const byClient = new Map<string, StrictRequest[]>();
  for (const request of requests) {
    const from = clientOf(request.lines.map(([name, value]) => `\n${name}: ${value}`).join(''));
    byClient.set(from, [...(byClient.get(from) ?? []), request]);
  }
  const nobody = (head: string | undefined): readonly string[] => [`smuggled: of nobody: ${JSON.stringify(head)}`];
  return [
    ...[...byClient].map(([from, seen]) => {
      const played = playedOf(from);
      return [from, played === undefined ? nobody(seen[0]?.head) : upstreamViolations(played, seen)] as const;
    }),
    ...aborted.map((head) => {
      const played = playedOf(clientOf(head));
      return [clientOf(head), played === undefined ? nobody(head) : abortedViolations(played, head)] as const;
    }),
    ...malformed.map(
      (said) => [clientOf(said.replaceAll('\\r\\n', '\r\n')), [`malformed: upstream: ${said}`]] as const,
    ),
  ];
}

/** All that the gateway says of where a request is from, and two of it are as bad as none. */
function clientOf(head: string): string {
  return [...head.matchAll(/\nx-forwarded-for: ([^\r\n]*)/gi)].map(([, value]) => value).join(' and ');
}
