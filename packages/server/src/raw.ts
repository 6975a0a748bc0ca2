import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Readable } from 'node:stream';
import type { HeaderView, HttpProtocol } from '@postern/model';
import type { WireRequest } from './wire/wire-request.ts';
import { WireResponse } from './wire/wire-response.ts';

/** A request as a listener hands it over: HTTP/1 from our own wire, HTTP/2 from Node; one handler for both. */
export type RawRequest = WireRequest | Http2ServerRequest;

/** The answer to it. */
export type RawResponse = WireResponse | Http2ServerResponse;

/** What a listener calls with each request. */
export type Handler = (request: RawRequest, response: RawResponse) => void;

/** Where a body goes: what both kinds of answer and the streams of policies agree on. */
export interface AnswerSink {
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  end(chunk: Uint8Array): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** True for HTTP/2, where some fields and calls of HTTP/1 throw. */
function isHttp2(request: RawRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}

/** The version of HTTP that a request speaks. */
export function protocolOf(request: RawRequest): HttpProtocol {
  if (isHttp2(request)) return 'HTTP/2';
  return request.httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
}

/** Whether a body follows the head. An HTTP/2 request without one says so in its HEADERS frame. */
export function hasBody(request: RawRequest): boolean {
  return isHttp2(request) ? !request.stream.endAfterHeaders : request.body !== undefined;
}

/** What `Expect` asks for (RFC 9110 section 10.1.1). */
export function expectOf(request: RawRequest, headers: HeaderView): WireRequest['expect'] {
  if (!isHttp2(request)) return request.expect;
  const expect = headers.get('expect');
  if (expect === undefined) return 'nothing';
  return expect.toLowerCase() === '100-continue' ? 'continue' : 'other';
}

/** The request's body as a stream; undefined where none follows. */
export function bodyOf(request: RawRequest): Readable | undefined {
  return isHttp2(request) ? request : request.body;
}

/** The chunks of a request's body. Stopping early leaves the connection as it is. */
export async function* chunksOf(request: RawRequest): AsyncGenerator<Uint8Array> {
  const body = bodyOf(request);
  if (body === undefined) return;
  const chunks: AsyncIterable<unknown> = body.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) if (chunk instanceof Uint8Array) yield chunk;
}

/** True when nobody holds what was written any more. False where that cannot be known. */
export function isFlushed(response: RawResponse): boolean {
  return response instanceof WireResponse && response.isFlushed;
}

/** Calls `close` once, after the last byte or when the client is gone. */
export function watchEnd(response: RawResponse, watcher: { close(): void }): void {
  if (response instanceof WireResponse) response.watcher = watcher;
  else response.once('close', () => watcher.close());
}
