import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import type { ClientOptions, ServerOptions } from 'ws';
import { SERVER } from './gateway.ts';
import { until } from './until.ts';

/** A document with one upstream, `more` in its map, and a log; `policies` are lines in flow style, attached behind it. */
export function documentOf(upstream: string, more = '', policies = ''): string {
  const names = [...policies.matchAll(/^ *- \{ name: ([a-z-]+)/gm)].map(([, name]) => `, ${name}`).join('');
  return `${SERVER}
upstreams: [{ name: up, targets: ["${upstream}"]${more} }]
policies:
  - { name: log, plugin: access-log }
${policies}
apiGroups: [{ name: api, upstream: up, policies: [log${names}] }]
`;
}

/** A real upstream of web sockets, and what it has seen. */
export interface SocketUpstream {
  readonly port: number;
  readonly url: string;
  /** The handshakes that it got. */
  readonly asked: IncomingMessage[];
  /** The web sockets that it has opened. */
  readonly sockets: WebSocket[];
}

/** Starts one with the `ws` library; it sends every message back unless `serve` does something else with a socket. */
export async function socketUpstreamFor(
  t: Test,
  serve: (socket: WebSocket) => void = echo,
  options: ServerOptions = {},
): Promise<SocketUpstream> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  const asked: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (socket, request) => {
    asked.push(request);
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  if (options.server === undefined) await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.terminate();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, url: `http://127.0.0.1:${port}`, asked, sockets };
}

/** Sends every message back as it came. */
function echo(socket: WebSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
}

/** Opens a web socket with the `ws` library; it ends with the test. Rejects with what the handshake was answered. */
export async function openSocket(
  t: Test,
  url: string,
  options: ClientOptions & {
    readonly protocols?: string[];
    /** Called before anything can have come. */
    readonly prepare?: (socket: WebSocket) => void;
  } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, options.protocols ?? [], { perMessageDeflate: false, ...options });
  options.prepare?.(socket);
  t.teardown(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return socket;
}

/** The text of the next message. */
export async function nextMessage(socket: WebSocket): Promise<string> {
  const [data]: unknown[] = await once(socket, 'message');
  return String(data);
}

/** The close code and reason that a side is told. */
export async function closeOf(socket: WebSocket): Promise<readonly [code: number, reason: string]> {
  const [code, reason]: unknown[] = await once(socket, 'close');
  return [Number(code), String(reason)];
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** `Sec-WebSocket-Accept` for a key (RFC 6455 section 4.2.2). */
export function acceptOf(key = KEY): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Lines of a good handshake; a value of undefined leaves its line out, a list repeats it. */
export const HANDSHAKE: Readonly<Record<string, string | undefined | readonly string[]>> = Object.freeze({
  Host: 'gateway.test',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': KEY,
});

/** The bytes of a handshake with other lines than those of a good one. */
export function handshake(other: typeof HANDSHAKE = {}, line = 'GET /ws HTTP/1.1'): string {
  const lines = Object.entries({ ...HANDSHAKE, ...other }).flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map((one) => `${name}: ${one}\r\n`),
  );
  return `${line}\r\n${lines.join('')}\r\n`;
}

/** A connection of bytes. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that came so far, as latin1. */
  text(): string;
  /** True once the other side has ended its half. */
  ended(): boolean;
  /** True once nothing of it is left. */
  closed(): boolean;
  /** Waits until `part` has come. */
  has(part: string): Promise<void>;
}

/** Connects and sends; half-open, as a tunnel can be. */
export function dial(t: Test, port: number, bytes = ''): RawConnection {
  return watch(t, connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }), bytes);
}

function watch(t: Test, socket: Socket, bytes = ''): RawConnection {
  let text = '';
  let [ended, closed] = [false, false];
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString('latin1')));
  socket.on('end', () => void (ended = true));
  socket.on('close', () => void (closed = true));
  t.teardown(() => socket.destroy());
  if (bytes !== '') socket.write(bytes, 'latin1');
  return {
    socket,
    text: () => text,
    ended: () => ended || closed,
    closed: () => closed,
    has: (part) =>
      until(
        async () => text.includes(part),
        () => `${JSON.stringify(part)} does not come: ${JSON.stringify(text.slice(-500))}`,
      ),
  };
}

/** An upstream that answers the head of each request with the bytes that `answer` gives for its key, and then is a raw connection. */
export async function rawSocketUpstreamFor(
  t: Test,
  answer: (key: string, head: string) => string | undefined = (key) => switching(key),
): Promise<{
  readonly url: string;
  readonly port: number;
  readonly heads: string[];
  readonly tunnels: RawConnection[];
}> {
  const heads: string[] = [];
  const tunnels: RawConnection[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let head = '';
    socket.on('error', () => undefined);
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.off('data', read);
      heads.push(head.slice(0, end));
      const tunnel = watch(t, socket);
      tunnels.push(tunnel);
      if (head.length > end + 4) socket.emit('data', Buffer.from(head.slice(end + 4), 'latin1'));
      const bytes = answer(/^sec-websocket-key: (.*)$/im.exec(head)?.[1] ?? '', head);
      if (bytes !== undefined) socket.write(bytes, 'latin1');
    };
    socket.on('data', read);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, port, heads, tunnels };
}

/** The 101 that a good upstream gives. */
export function switching(key: string, more = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n${more}\r\n`;
}
