/** U3 of the promises: an upstream that takes requests and never answers, asked a thousand times at once. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { test } from 'tap';
import type { Test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

const REQUESTS = 1000;
const [CONNECTIONS, QUEUE] = [40, 60];

interface Hanging {
  readonly address: string;
  readonly sockets: ReadonlySet<Socket>;
}

async function hangingUpstream(t: Test, where: number | string): Promise<Hanging> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', () => undefined);
  });
  if (typeof where === 'number') server.listen(where, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = typeof where === 'string' ? `unix:${where}` : `http://127.0.0.1:${portOf(server.address())}`;
  return { address, sockets };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Outcome {
  readonly status: number;
  readonly code: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Sends requests at once, each on a connection of its own; `over` takes each outcome. */
function flood(
  url: string,
  over: (outcome: Outcome) => void,
): { readonly ended: Promise<unknown>; close(): Promise<void> } {
  const agent = new Agent({ connections: REQUESTS });
  const begun = performance.now();
  const one = async (): Promise<void> => {
    const { statusCode, body } = await agent.request({ origin: url, path: '/hangs', method: 'GET' });
    const { code } = JSON.parse(await body.text());
    over({ status: statusCode, code, took: performance.now() - begun });
  };
  const ended = Promise.all(Array.from({ length: REQUESTS }, () => one().catch(() => undefined)));
  return { ended, close: () => agent.destroy() };
}

/** Milliseconds of each of so many requests, one after the other; the median and the 99th of a hundred. */
async function latencies(url: string, count: number): Promise<readonly [median: number, high: number]> {
  const all: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const begun = performance.now();
    const answer = await fetch(`${url}/well`);
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    await answer.text();
    all.push(performance.now() - begun);
  }
  all.sort((one, other) => one - other);
  return [all[Math.floor(count / 2)] ?? 0, all[Math.floor(count * 0.99)] ?? 0];
}

/** The path of a socket: the system takes a hundred characters of it and no more. */
function socketFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'up.sock');
}

for (const [lane, where] of [
  ['HTTP/1', (): number => 0],
  ['a unix socket', socketFor],
] as const)
  test(`over ${lane} a hanging upstream has as many requests as it may, some wait, the rest is 503 at once, and other groups go on`, async (t) => {
    const well = await upstreamFor(t);
    const socket = where(t);
    const hanging = await hangingUpstream(t, socket);
    const gateway = await gatewayFor(
      t,
      `${SERVER}
upstreams:
  - { name: well, targets: ["${well.url}"] }
  - name: hangs
    targets: ["${hanging.address}"]
    maxConnections: ${CONNECTIONS}
    maxQueue: ${QUEUE}
    timeouts: { connect: 2s, headers: 4s }
apiGroups:
  - { name: well, basePath: /well, upstream: well }
  - { name: hangs, basePath: /hangs, upstream: hangs }
`,
    );
    const url = `http://127.0.0.1:${gateway.port()}`;
    const [calm, calmHigh] = await latencies(url, 200);
    const outcomes: Outcome[] = [];
    const requests = flood(url, (outcome) => outcomes.push(outcome));
    t.teardown(() => requests.close());
    const refused = REQUESTS - CONNECTIONS - QUEUE;
    await until(
      async () => outcomes.filter(({ status }) => status === 503).length >= refused,
      () => `${outcomes.length} were answered`,
    );
    await until(async () => hanging.sockets.size >= CONNECTIONS, 'the upstream has fewer connections than it may');
    t.equal(hanging.sockets.size, CONNECTIONS, 'connections to the upstream');
    const atOnce = outcomes.filter(({ code }) => code === 'upstream/unavailable');
    t.ok(
      atOnce.length >= refused && atOnce.every(({ status }) => status === 503),
      `${atOnce.length} were answered 503`,
    );
    const [median, high] = await latencies(url, 200);
    t.comment(
      `median ${calm.toFixed(1)} ms before, ${median.toFixed(1)} ms meanwhile; of 99 % ${calmHigh.toFixed(1)} and ${high.toFixed(1)} ms`,
    );
    // Where nothing else runs it is the same; on a busy machine it may be some times as much, and never the time limit.
    t.ok(median < 10 * calm + 50, 'the other group is as fast as before');
    await requests.ended;
    t.equal(outcomes.length, REQUESTS);
    const late = outcomes.filter(({ status, code }) => status === 504 && code === 'upstream/timed-out');
    t.ok(late.length >= CONNECTIONS, `${late.length} were answered 504`);
    t.equal(late.length + outcomes.filter(({ status }) => status === 503).length, REQUESTS);
    // All is as it was.
    await until(async () => [...hanging.sockets].every((one) => one.destroyed), 'connections to the upstream are left');
    t.equal((await fetch(`${url}/well`)).status, 200);
  });
