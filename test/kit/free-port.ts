import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux, macOS and Windows give to whoever asks for any: what is free here is not given away. */
const FIRST = 12_000;
const LAST = 30_000;
/** Ports of one process, so that test files side by side do not pick the same. */
const EACH = 24;

let picked = 0;

/**
 * A port of loopback for a program that has to be told one. It stays free until that program listens on it, and while it
 * is down between two runs: no connection on its way out takes it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + ((process.pid * EACH + picked) % (LAST - FIRST));
    picked += 1;
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
