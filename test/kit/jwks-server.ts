import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { listen } from './listen.ts';

/** What a server of key sets does with a request. */
export type JwksAnswer = (response: ServerResponse, request: IncomingMessage) => void;

/** A real server that publishes a key set, or lies, hangs, goes away: whatever its `answer` does just then. */
export interface JwksServer {
  readonly uri: string;
  /** Targets of the requests so far. */
  readonly asked: string[];
  answer: JwksAnswer;
  /** Publishes these keys from now on. */
  publish(...keys: readonly object[]): void;
}

/** Answers with a text of that type. */
export function saying(text: string, type = 'application/json', status = 200): JwksAnswer {
  return (response) => void response.writeHead(status, { 'content-type': type }).end(text);
}

/** Starts a server on a free loopback port; it publishes nothing until it is told what. */
export async function jwksServerFor(t: Pick<Test, 'teardown'>): Promise<JwksServer> {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    asked.push(request.url ?? '');
    server.answer(response, request);
  });
  const port = await listen(t, http);
  const server: JwksServer = {
    uri: `http://127.0.0.1:${port}/jwks.json`,
    asked,
    answer: saying('{"keys":[]}'),
    publish(...keys) {
      server.answer = saying(JSON.stringify({ keys }));
    },
  };
  return server;
}
