import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { upstreamFor } from './upstream.ts';
import type { TestUpstream } from './upstream.ts';

const MEBIBYTE = Buffer.alloc(1024 * 1024, 'Postern');
const STEPS = 4;

/** An upstream whose streams take their next step only when the client has seen the last: no chunk depends on timing. */
export interface SteppingUpstream extends TestUpstream {
  /** False writes all steps at once, for exchanges that are buffered. */
  stepping: boolean;
  /** Sends bytes to `port` and reads what comes to the end of the connection. */
  exchange(port: number, bytes: Uint8Array): Promise<Buffer>;
}

/** Starts it. Its paths: /text /gzip /steps /events /big /big-chunked /slow /204 /304 /cors; all else is 200 with a small body. */
export async function steppingUpstreamFor(t: Test): Promise<SteppingUpstream> {
  let waiting: { response: ServerResponse; at: number } | undefined;
  const write = (): void => {
    if (waiting === undefined) return;
    const { response, at } = waiting;
    waiting.at += 1;
    response.write(`data: step-${at}\n\n`);
    if (waiting.at < STEPS) return;
    waiting = undefined;
    response.end();
  };
  const upstream = await upstreamFor(t, ({ url = '', method }, response) => {
    response.sendDate = false;
    const path = url.replace(/^\/[a-z]*\//, '/');
    switch (path) {
      case '/steps':
      case '/events':
        if (path === '/events') response.setHeader('content-type', 'text/event-stream');
        if (method === 'HEAD') {
          response.end();
          break;
        }
        waiting = { response, at: 0 };
        if (stepping.stepping || path === '/events') write();
        else while (waiting !== undefined) write();
        break;
      case '/big':
        response.writeHead(200, { 'content-length': MEBIBYTE.length, etag: '"big"' }).end(MEBIBYTE);
        break;
      case '/big-chunked':
        for (let at = 0; at < 8; at += 1) response.write(MEBIBYTE.subarray(at * 131_072, (at + 1) * 131_072));
        response.end();
        break;
      case '/slow':
        setTimeout(() => response.end('slow'), 20);
        break;
      case '/204':
      case '/304':
        response.statusCode = Number(path.slice(1));
        response.setHeader('etag', '"none"').end();
        break;
      case '/gzip':
        response.writeHead(200, { 'content-encoding': 'gzip', etag: '"gzip"' }).end(gzipSync('zipped'));
        break;
      case '/cors':
        response.setHeader('access-control-allow-origin', 'https://up.test');
        response.setHeader('vary', 'Accept').end('open');
        break;
      default:
        response.end(`${method} ${path}`);
    }
  });
  const stepping: SteppingUpstream = {
    ...upstream,
    stepping: true,
    async exchange(port, bytes) {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      let seen = 0;
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (waiting === undefined) return;
        const steps = Buffer.concat(chunks).toString('latin1').split('data: step-').length - 1;
        if (steps <= seen) return;
        seen = steps;
        write();
      });
      socket.setTimeout(60_000, () =>
        socket.destroy(
          new Error(
            `no answer in a minute to ${Buffer.from(bytes).subarray(0, 300).toString('latin1')}: ${Buffer.concat(chunks).toString('latin1').slice(0, 400)}`,
          ),
        ),
      );
      socket.write(bytes);
      await once(socket, 'close');
      return Buffer.concat(chunks);
    },
  };
  return stepping;
}
