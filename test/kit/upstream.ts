import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { listen } from './listen.ts';

/** A request as the upstream got it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A real HTTP/1 server that records what it gets. */
export interface TestUpstream {
  readonly port: number;
  readonly url: string;
  readonly seen: Seen[];
  readonly server: Server;
}

/** Starts an upstream on a free loopback port; `answer` comes after the whole request was read. */
export async function upstreamFor(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse, seen: Seen) => void = (_request, response) =>
    void response.end('ok'),
): Promise<TestUpstream> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, headers } = request;
      const one = { method, url, rawHeaders, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      answer(request, response, one);
    });
  });
  const port = await listen(t, server);
  return { port, url: `http://127.0.0.1:${port}`, seen, server };
}
