import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { freePort } from './free-port.ts';
import { standStill } from './jitter.ts';

/** A real NATS server with JetStream, on a free loopback port, with a store of its own. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly store: string;
  /** Starts it again after `kill` or `stop`: same port, same store. Resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM: it ends in order. */
  stop(): Promise<void>;
  /** SIGSTOP: it answers nothing and closes nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

/** How to start one. */
export interface NatsServerOptions {
  /** Default: the system's. */
  readonly binary?: string;
  /** False: the port is known, nothing listens until `start`. */
  readonly started?: boolean;
  /** More words for the command line, a configuration file for one. */
  readonly more?: readonly string[];
}

/** Where scripts/nats-server.mjs puts the newer version. */
const NEWER = join(import.meta.dirname, '../../node_modules/.cache/postern/nats-server');

/** The versions at hand: the system's first. `POSTERN_NATS_SERVER` names the only one to use. Empty: none is here. */
export function natsBinaries(): readonly string[] {
  const only = process.env['POSTERN_NATS_SERVER'];
  const system = ['nats-server', '/usr/sbin/nats-server'].find(runs);
  return only === undefined ? [system, NEWER].filter(runs) : [only];
}

function runs(binary: string | undefined): binary is string {
  return binary !== undefined && spawnSync(binary, ['--version']).status === 0;
}

/** Options for a test that needs a server: it is skipped, and says so, where there is none; where CI runs, it fails. */
export function needsNats(): { readonly skip: false | string } {
  const none = natsBinaries().length === 0 && process.env['POSTERN_NEEDS_NATS'] === undefined;
  return { skip: none && 'NO nats-server HERE: node scripts/nats-server.mjs says why' };
}

/** Starts a server; it and its store are gone when the test ends. */
export async function natsServerFor(t: Test, options: NatsServerOptions = {}): Promise<NatsServer> {
  const { binary = natsBinaries()[0] ?? 'nats-server', started = true, more = [] } = options;
  const store = mkdtempSync(join(tmpdir(), 'postern-nats-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined) return;
    standStill();
    const ended = once(ending, 'exit');
    ending.kill(signal);
    // A frozen process takes no other signal than this one.
    if (signal === 'SIGTERM') ending.kill('SIGCONT');
    await ended;
  };
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    store,
    async start() {
      const words = ['-js', '-sd', store, '-a', '127.0.0.1', '-p', String(port), ...more];
      const starting = spawn(binary, words, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = starting;
      await listening(starting, port);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
  t.teardown(async () => {
    await server.kill();
    if (existsSync(store)) rmSync(store, { recursive: true, force: true });
  });
  if (started) await server.start();
  return server;
}

/** Milliseconds that a start may take: longer than it does on a busy machine. */
const LONGEST = 60_000;

/** Resolves when the server greets who connects; rejects with its last words when it ends instead. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2000)));
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  const end = performance.now() + LONGEST;
  while (!ended && performance.now() < end) {
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await delay(10);
  }
  throw new Error(`nats-server does not listen on ${port}: ${said}`);
}
