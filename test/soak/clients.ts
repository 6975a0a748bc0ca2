import { Pool } from 'undici';

/** What clients have seen that send one request after the other, each on a connection of its own, until they are refused. */
export interface Clients {
  readonly answered: () => number;
  /** Connections that were refused at the door: they carried no request. */
  readonly refused: () => number;
  readonly lost: readonly string[];
  /** From now on a connection that is refused is the end of its client, and no loss. */
  stop(): void;
  /** Resolves when all have ended. */
  end(): Promise<void>;
  /** Ends all of them, in the midst of what they do: where a socket is held, what nobody accepts waits for ever. */
  abort(): Promise<void>;
}

/** Starts them. Each request has a nonce, that `echoes` has to find in the answer. */
export function clientsOf(url: string, count: number): Clients {
  const pool = new Pool(url, { connections: count, pipelining: 1 });
  const lost: string[] = [];
  let [sent, answered, refused, stopping] = [0, 0, 0, false];
  const client = async (): Promise<void> => {
    for (;;) {
      sent += 1;
      const nonce = `nonce-${sent}-end`;
      const post = sent % 2 === 0;
      try {
        const { statusCode, body } = await pool.request({
          path: `/${nonce}`,
          method: post ? 'POST' : 'GET',
          body: post ? nonce : null,
        });
        const text = await body.text();
        if (statusCode === 200 && text.includes(nonce)) answered += 1;
        else lost.push(`${nonce}: ${statusCode} ${text.slice(0, 80)}`);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' && stopping) refused += 1;
        else lost.push(`${nonce}: ${String(error)}`);
        if (stopping) return;
      }
    }
  };
  const clients = Array.from({ length: count }, client);
  return {
    answered: () => answered,
    refused: () => refused,
    lost,
    stop: () => void (stopping = true),
    async abort() {
      stopping = true;
      await pool.destroy();
      await Promise.all(clients);
    },
    async end() {
      await Promise.all(clients);
      await pool.destroy();
    },
  };
}
