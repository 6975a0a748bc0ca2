import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { freePort } from './free-port.ts';
import { standStill } from './jitter.ts';

/** A real Redis on a free loopback port, which keeps nothing on the disk. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Starts it again after `kill`, on the same port and empty. Resolves when it answers. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: it answers nothing and closes nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** What it says to one inline command: the first line of the answer. */
  ask(command: string): Promise<string>;
}

/** Options for a test that needs one: skipped, and it says so, where there is none; with POSTERN_NEEDS_REDIS it fails there. */
export function needsRedis(): { readonly skip: false | string } {
  const none =
    spawnSync('redis-server', ['--version']).status !== 0 && process.env['POSTERN_NEEDS_REDIS'] === undefined;
  return { skip: none && 'NO redis-server HERE: node scripts/redis-server.mjs installs it or says why not' };
}

/** Starts one; it is gone when the test ends. `started: false`: the port is known, nothing listens until `start`. */
export async function redisServerFor(t: Pick<Test, 'teardown'>, { started = true } = {}): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
      const starting = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'pipe'] });
      child = starting;
      await answering(starting, server);
    },
    async kill() {
      const ending = child;
      child = undefined;
      if (ending === undefined) return;
      standStill();
      const ended = once(ending, 'exit');
      ending.kill('SIGKILL');
      await ended;
    },
    freeze() {
      standStill();
      child?.kill('SIGSTOP');
    },
    thaw: () => void child?.kill('SIGCONT'),
    async ask(command) {
      const socket = connect(port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        socket.write(`${command}\r\n`);
        const [said]: Buffer[] = await once(socket, 'data');
        return String(said).split('\r\n')[0] ?? '';
      } finally {
        socket.destroy();
      }
    },
  };
  t.teardown(() => server.kill());
  if (started) await server.start();
  return server;
}

/** Milliseconds that a start may take: longer than it does on a busy machine. */
const LONGEST = 60_000;

async function answering(child: ChildProcess, server: RedisServer): Promise<void> {
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2000)));
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  const end = performance.now() + LONGEST;
  while (!ended && performance.now() < end) {
    if ((await server.ask('PING').catch(() => '')) === '+PONG') return;
    await delay(10);
  }
  throw new Error(`redis-server does not answer on ${server.port}: ${said}`);
}
