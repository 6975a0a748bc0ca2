import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { HeaderView, HttpProtocol } from '@postern/model';

/** A request as Node hands it over; HTTP/1 and HTTP/2 through one handler. */
export type RawRequest = IncomingMessage | Http2ServerRequest;

/** The answer to it. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/** A server of Node's, by the listener's protocol. */
export type NodeServer = Server | Http2SecureServer | Http2Server;

/** What such a server calls with each request. */
export type Handler = (request: RawRequest, response: RawResponse) => void;

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
export function hasBody(request: RawRequest, headers: HeaderView): boolean {
  if (isHttp2(request)) return !request.stream.endAfterHeaders;
  const length = headers.get('content-length');
  return headers.has('transfer-encoding') || (length !== undefined && length !== '0');
}

/** The chunks of a request's body. Stopping early leaves the connection as it is. */
export async function* chunksOf(request: RawRequest): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterable<unknown> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) if (chunk instanceof Uint8Array) yield chunk;
}
