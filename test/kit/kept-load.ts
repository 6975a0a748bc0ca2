import { once } from 'node:events';
import { connect } from 'node:net';

/** What came of many requests. */
export interface KeptLoad {
  /** How many answers had each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Milliseconds from the first request to the last answer. */
  readonly took: number;
}

const ASK = Buffer.from('GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n');

/**
 * Sends so many requests in total over kept connections, `each` to every port, one at a time on each of them: cheap enough that
 * the gateways are what is busy. Rejects when a connection breaks, or an answer has no length.
 */
export async function keptLoad(ports: readonly number[], total: number, each = 8): Promise<KeptLoad> {
  const statuses = new Map<number, number>();
  let left = total;
  const start = performance.now();
  const play = async (port: number): Promise<void> => {
    const socket = connect(port, '127.0.0.1').setNoDelay();
    await once(socket, 'connect');
    await new Promise<void>((resolve, reject) => {
      let read = '';
      const next = (): void => {
        if (left <= 0) return resolve();
        left -= 1;
        socket.write(ASK);
      };
      socket.on('error', reject);
      socket.on('close', () => reject(new Error(`closed after ${read.slice(0, 200)}`)));
      socket.on('data', (chunk: Buffer) => {
        read += chunk.toString('latin1');
        const end = read.indexOf('\r\n\r\n');
        if (end === -1) return;
        const length = /\r\ncontent-length: (\d+)\r\n/i.exec(read.slice(0, end + 2))?.[1];
        if (length === undefined) return reject(new Error(`no length: ${read.slice(0, 500)}`));
        if (read.length < end + 4 + Number(length)) return;
        const status = Number(read.slice(9, 12));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        read = '';
        next();
      });
      next();
    }).finally(() => socket.removeAllListeners('close').destroy());
  };
  await Promise.all(ports.flatMap((port) => Array.from({ length: each }, () => play(port))));
  return { statuses, took: performance.now() - start };
}
