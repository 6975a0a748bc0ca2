import { Transform } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Handlers } from '@postern/kit';
import type { Test } from 'tap';
import { foe } from './foes.ts';
import { gatewayFor } from './gateway.ts';
import type { TestGateway } from './gateway.ts';
import { pluginOf } from './policies.ts';
import type { SteppingUpstream } from './stepping-upstream.ts';

/** One gateway with what its enforced steps did, in order. */
export class TracedGateway {
  readonly gateway: TestGateway;
  readonly upstream: SteppingUpstream;
  readonly trace: string[];

  constructor(parts: { readonly gateway: TestGateway; readonly upstream: SteppingUpstream; readonly trace: string[] }) {
    this.gateway = parts.gateway;
    this.upstream = parts.upstream;
    this.trace = parts.trace;
  }

  /** All that the client, the upstream, the log and the enforced policies get of one request. */
  async ask(bytes: Uint8Array): Promise<unknown> {
    const { trace, gateway, upstream } = this;
    trace.length = 0;
    gateway.written.length = 0;
    const before = upstream.seen.length;
    const answer = plain(withoutChunks(await upstream.exchange(gateway.port(), bytes)));
    for (let tries = 0; tries < 1000 && trace.at(-1) !== 'done'; tries += 1) await wait(1);
    const written = gateway.written
      // Lines about exchanges: cors writes others, and no more than one a second.
      .filter((record) => record['shadow'] !== true && 'status' in record)
      .map(({ time: _time, durationMs: _duration, shadowed: _shadowed, revision: _revision, ...record }) => record);
    const seen = upstream.seen.slice(before).map(({ method, url, rawHeaders, body: got }) => ({
      head: plain(`${method} ${url} ${rawHeaders.join('\n')}`),
      body: got.toString('latin1'),
    }));
    return { answer, seen, trace: [...trace], written: plain(JSON.stringify(written)) };
  }
}

/** What is made by chance or by the clock is not compared. */
function plain(text: string): string {
  return text
    .replace(/^date: .*\r\n/im, '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '(id)');
}

/** Chunks of 1 MiB are cut by sockets, not by the gateway; those of a few bytes are compared as they are. */
function withoutChunks(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return text.length < 65_536 ? text : text.replace(/\r\n[0-9a-f]+\r\n/g, '');
}

/** Starts a gateway on a document with this plugin among those of tests. */
export async function tracedGatewayFor(t: Test, document: string, upstream: SteppingUpstream): Promise<TracedGateway> {
  const trace: string[] = [];
  const gateway = await gatewayFor(t, document, [foe, pluginOf('trace', tracing(trace))]);
  return new TracedGateway({ gateway, upstream, trace });
}

/** An enforced policy that tells which of its steps ran, and takes part in the body by its tag. */
function tracing(trace: string[]): (tag: string) => Handlers {
  const reads = {
    limit: 4_000_000,
    run: (_view: unknown, { bytes }: { bytes: Uint8Array }) => note(`body ${bytes.length}`),
  };
  const note = (said: string): undefined => void trace.push(said);
  return (tag) => ({
    request: ({ requestId, consumer, own }) => {
      note(`request ${requestId.length} ${consumer?.name} ${typeof own}`);
      return tag === 'async' ? wait(2) : undefined;
    },
    response: ({ response }) => {
      note(`response ${response.status} ${response.madeBy.kind} ${[...response.headers.entries()].length}`);
      return tag === 'async' ? wait(2) : undefined;
    },
    ...(tag === 'bodies' && { requestBody: reads, responseBody: reads }),
    ...(tag === 'tap' && { responseStream: () => ({ kind: 'tap', chunk: () => undefined, end: () => note('end') }) }),
    ...(tag === 'transform' && {
      responseStream: () => ({
        kind: 'transform',
        stream: new Transform({ transform: (chunk, _coding, done) => done(null, chunk) }),
      }),
    }),
    done: ({ bytesIn, bytesOut, aborted }) => note(`bytes ${bytesIn} ${bytesOut} ${aborted}`) ?? note('done'),
  });
}
