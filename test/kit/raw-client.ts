import { connect } from 'node:net';

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** Lower-case name and value of every line, in order. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The first line of that name. */
  header(name: string): string | undefined;
}

/** Sends bytes on a fresh connection and reads until it ends or the answer of a `connection: close` request is whole. */
export function sendRaw(port: number, bytes: string | Uint8Array): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.setTimeout(60_000, () => socket.destroy(new Error('no answer in a minute')));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
    socket.on('close', () => resolve(readAnswer(Buffer.concat(chunks))));
    socket.write(bytes);
  });
}

/** Sends one request of HTTP/1.1 with exactly these lines, `Host` and `Connection: close` added. */
export function request(
  port: number,
  line: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body = '',
): Promise<RawAnswer> {
  const host = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : [['Host', 'gateway.test'] as const];
  const length = body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const];
  const lines = [...host, ...headers, ...length, ['Connection', 'close'] as const].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return sendRaw(port, `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

function readAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...rest] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [, status = '0', ...reason] = statusLine.split(' ');
  const lines = rest.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const header = (name: string): string | undefined => lines.find(([found]) => found === name)?.[1];
  const body = bytes.subarray(end + 4).toString('utf8');
  return {
    status: Number(status),
    reason: reason.join(' '),
    lines,
    body: header('transfer-encoding') === 'chunked' ? withoutChunks(body) : body,
    header,
  };
}

/** Strict enough for answers of our own tests: sizes in hex, CRLF, a last chunk of size 0. */
function withoutChunks(text: string): string {
  let body = '';
  let rest = text;
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (line === -1 || Number.isNaN(size)) throw new Error(`not a chunk: ${rest.slice(0, 20)}`);
    if (size === 0) return body;
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}
