import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { foreignClient } from './foreign-client.ts';
import { freePort } from './free-port.ts';
import { natsServerFor } from './nats-server.ts';
import type { NatsServer } from './nats-server.ts';

/** Real servers that are one cluster, with JetStream over all of them. */
export interface NatsCluster {
  readonly servers: readonly NatsServer[];
  readonly urls: readonly string[];
  /** Asks the JetStream API by way of any server that answers, again until it does, for a minute. */
  api(subject: string, request?: unknown): Promise<Record<string, unknown>>;
  /** Puts a value of a bucket, again until a server has acknowledged it; resolves with its revision. */
  put(bucket: string, key: string, value: string): Promise<number>;
  /** The server that leads a stream now. */
  leaderOf(stream: string): Promise<NatsServer>;
}

/** Starts three servers from one binary; resolves when they have agreed on a leader. */
export async function natsClusterFor(t: Test, binary: string): Promise<NatsCluster> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const servers = await Promise.all(
    routes.map((route, at) => {
      const more = ['-n', `n${at}`, '--cluster_name', 'test', '--cluster', route, '--routes', routes.join(',')];
      return natsServerFor(t, { binary, started: false, more });
    }),
  );
  await Promise.all(servers.map((server) => server.start()));
  const asked = async (ask: (client: Awaited<ReturnType<typeof foreignClient>>) => Promise<unknown>) => {
    const end = performance.now() + 60_000;
    let reason: unknown;
    for (let tries = 0; performance.now() < end; tries += 1) {
      const { port } = servers[tries % servers.length] ?? { port: 0 };
      const client = await foreignClient(port);
      try {
        const answer = await Promise.race([ask(client), delay(1000, undefined, { ref: false })]);
        if (answer !== undefined) return answer;
      } catch (error) {
        reason = error;
        await delay(50);
      } finally {
        client.close();
      }
    }
    throw new Error('no server of the cluster answers', { cause: reason });
  };
  const api: NatsCluster['api'] = async (subject, request) => {
    const answer = await asked((client) => client.api(subject, request));
    return typeof answer === 'object' && answer !== null ? { ...answer } : {};
  };
  await api('STREAM.NAMES');
  return {
    servers,
    urls: servers.map(({ url }) => url),
    api,
    put: async (bucket, key, value) => Number(await asked((client) => client.put(bucket, key, value))),
    async leaderOf(stream) {
      for (;;) {
        const { cluster } = await api(`STREAM.INFO.${stream}`);
        const { leader } = cluster as { leader?: string };
        const server = servers[Number(leader?.slice(1) ?? -1)];
        if (server !== undefined) return server;
        await delay(50);
      }
    },
  };
}
