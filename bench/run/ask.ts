import { request as request1 } from 'node:http';
import { connect } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';

/** A request that is sent once, to see that the answer is right. */
export interface Question {
  readonly protocol: 'http' | 'h2c';
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: number;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Milliseconds. */
const PATIENCE = 10_000;

/** Sends one request over a connection of its own. */
export function ask(question: Question): Promise<Answer> {
  return question.protocol === 'h2c' ? askHttp2(question) : askHttp1(question);
}

function askHttp1({ port, method, path, headers, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === 0 ? {} : { 'content-length': String(body) };
    const options = { port, host: '127.0.0.1', method, path, headers: { ...headers, ...length }, agent: false };
    const request = request1({ ...options, timeout: PATIENCE }, (response) => {
      const { statusCode: status = 0, headers } = response;
      collect(response).then((body) => resolve({ status, headers, body }), reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(body === 0 ? undefined : Buffer.alloc(body, 'x'));
  });
}

function askHttp2({ port, method, path, headers }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    session.setTimeout(PATIENCE, () => session.destroy(new Error('no answer in time')));
    const stream = session.request({ ...headers, ':method': method, ':path': path });
    stream.on('error', reject);
    stream.on('response', (headers) => {
      const status = headers[':status'] ?? 0;
      collect(stream)
        .then((body) => resolve({ status, headers, body }), reject)
        .finally(() => session.close());
    });
    stream.end();
  });
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
