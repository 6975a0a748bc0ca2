import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Test } from 'tap';
import { StrictReader } from './strict-reader.ts';
import type { StrictRequest } from './strict-reader.ts';

/** What a recorder has seen since it was asked last. */
export interface Recording {
  readonly requests: readonly StrictRequest[];
  /** Requests that began and were broken off. */
  readonly aborted: readonly string[];
  /** Bytes that are not part of a request, with the reason. */
  readonly malformed: readonly string[];
  readonly connections: number;
  /** Bytes that came behind a 101. */
  readonly tunnelled: number;
}

/** How it answers; writes to the socket. */
export type Answering = (request: StrictRequest, socket: Socket) => void;

/** What of a test is needed to end things with it. */
export type Teardown = Pick<Test, 'teardown'>;

/** A listener on a free loopback port, closed when the test ends. */
export async function listenFor(t: Teardown, server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** An upstream that takes well-formed requests only, and remembers everything. */
export class Recorder {
  readonly port: number;
  /** May be changed from one request to the next. */
  answering: Answering = echo;
  /** Gets new connections instead, while it is set. */
  instead: ((socket: Socket) => void) | undefined = undefined;
  #requests: StrictRequest[] = [];
  #aborted: string[] = [];
  #malformed: string[] = [];
  #connections = 0;
  #tunnelled = 0;
  readonly #tunnels = new WeakSet<Socket>();

  private constructor(port: number) {
    this.port = port;
  }

  static async open(t: Teardown, port = 0): Promise<Recorder> {
    const server = createServer();
    const recorder = new Recorder(await listenFor(t, server, port));
    server.on('connection', (socket: Socket) => (recorder.instead ?? ((one) => recorder.serve(one)))(socket));
    return recorder;
  }

  /** What came so far, and begins anew. */
  take(): Recording {
    const taken = {
      requests: this.#requests,
      aborted: this.#aborted,
      malformed: this.#malformed,
      connections: this.#connections,
      tunnelled: this.#tunnelled,
    };
    this.#requests = [];
    this.#aborted = [];
    this.#malformed = [];
    this.#connections = 0;
    this.#tunnelled = 0;
    return taken;
  }

  /** From now on this connection carries bytes of another protocol. */
  tunnel(socket: Socket): void {
    this.#tunnels.add(socket);
  }

  /** Reads the requests of a connection. */
  serve(socket: Socket): void {
    this.#connections += 1;
    const reader = new StrictReader();
    socket.on('data', (chunk: Buffer) => {
      if (this.#tunnels.has(socket)) {
        this.#tunnelled += chunk.length;
        return;
      }
      if (reader.malformed() !== undefined) return;
      for (const request of reader.push(chunk)) {
        this.#requests.push(request);
        this.answering(request, socket);
      }
      const malformed = reader.malformed();
      if (malformed === undefined) return;
      this.#malformed.push(`${malformed} in ${JSON.stringify(chunk.toString('latin1').slice(0, 300))}`);
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      if (reader.pending && reader.malformed() === undefined) this.#aborted.push(reader.unread);
    });
  }
}

/** A whole answer, written. */
export function write(request: StrictRequest, socket: Socket, body: string, more: readonly string[] = []): void {
  const head = ['HTTP/1.1 200 OK', 'content-type: text/plain', `content-length: ${body.length}`, ...more, '', ''];
  socket.write(`${head.join('\r\n')}${request.method === 'HEAD' ? '' : body}`);
  const closes = request.lines.some(([name, value]) => name === 'connection' && value.toLowerCase() === 'close');
  if (closes) socket.end();
}

/** `echo <method> <target>`, as the fixture says; `up_acao` in a query asks for CORS fields. */
export function echo(request: StrictRequest, socket: Socket): void {
  const cors = request.target.includes('up_acao=*') ? ['access-control-allow-origin: *', 'vary: Accept'] : [];
  write(request, socket, `echo ${request.method} ${request.target}`, cors);
}
