/**
 * The corpus against other gateways that are installed here, side by side: `node test/corpus/peers.ts [--failing] [--write]`; the
 * latter writes the table into docs/reliability.md. Rows about CORS are left out, which is configuration of each, and those that
 * are more than their bytes. Invariants count as far as they can be seen from outside.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../kit/until.ts';
import { badInputs } from './case.ts';
import { fixtureFor } from './fixture.ts';
import type { Lane } from './fixture.ts';
import { h2 } from './h2.ts';
import { Recorder, listenFor } from './recorder.ts';
import type { Teardown } from './recorder.ts';
import { writeSection } from './page.ts';
import { rawH1, runAll } from './run-case.ts';
import type { Outcome } from './run-case.ts';

interface Peer {
  readonly name: string;
  readonly version: readonly string[];
  readonly template: string;
  /** The words of the command that runs a configuration. */
  readonly run: (config: string, folder: string) => readonly string[];
  /** What it calls the upstream in Host, unless told otherwise. */
  readonly hostOf: (u1: number) => string;
}

const PEERS: readonly Peer[] = [
  {
    name: 'nginx',
    version: ['/usr/sbin/nginx', '-v'],
    template: 'nginx.conf',
    run: (config, folder) => ['/usr/sbin/nginx', '-p', folder, '-e', join(folder, 'early.log'), '-c', config],
    hostOf: (u1) => `127.0.0.1:${u1}`,
  },
  {
    name: 'haproxy',
    version: ['/usr/sbin/haproxy', '-v'],
    template: 'haproxy.cfg',
    run: (config) => ['/usr/sbin/haproxy', '-db', '-q', '-f', config],
    hostOf: () => 'gateway.test',
  },
  {
    name: 'caddy',
    version: ['/usr/bin/caddy', 'version'],
    template: 'Caddyfile',
    run: (config) => ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', config],
    hostOf: () => 'gateway.test',
  },
];
const LANES = 4;

const endings: (() => unknown)[] = [];
const t: Teardown = { teardown: (end: () => unknown) => void endings.push(end) };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A version, when it is installed here. */
function versionOf({ version: [command = '', ...words] }: Peer): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  return status === 0 ? /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] : undefined;
}

async function laneOf(peer: Peer): Promise<Lane> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-peer-'));
  const [u1, u2, hostile] = [await Recorder.open(t), await Recorder.open(t), await Recorder.open(t)];
  const [plain, h2c] = [await freePort(), await freePort()];
  let contacts = 0;
  await listenFor(
    t,
    createServer(() => (contacts += 1)),
    9999,
  ).catch(() => undefined);
  const filled: Readonly<Record<string, string | number>> = { folder, plain, h2c, u1: u1.port };
  const text = readFileSync(new URL(`peers/${peer.template}`, import.meta.url), 'utf8');
  const config = join(folder, peer.template);
  writeFileSync(
    config,
    text.replace(/\{(\w+)\}/g, (whole, name: string) => String(filled[name] ?? whole)),
  );
  const [command = '', ...words] = peer.run(config, folder);
  const child = spawn(command, words, { cwd: folder, env: { HOME: folder }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  endings.push(async () => {
    const ended = once(child, 'exit');
    if (alive()) {
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true });
  });
  for (const port of [plain, h2c]) {
    await until(async () => {
      if (!alive()) throw new Error(`${peer.name} ended: ${said}`);
      const socket = connect(port, '127.0.0.1');
      return new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      }).finally(() => socket.destroy());
    }, `${peer.name} does not listen: ${said}`);
  }
  u1.take();
  const nothing = { turns: 0, longestTurn: 0, p99: 0, rss: 0, kept: 0, cpu: 0, handles: 0, prototype: 0 };
  const gateway = { lines: [], alive, figures: async () => nothing, file: config, adminPort: 0 };
  return {
    gateway,
    plain,
    cors: plain,
    h2c,
    u1,
    u2,
    hostile,
    canary: () => contacts,
    foreignHost: peer.hostOf(u1.port),
  };
}

const rows = badInputs.filter(
  (row) => row.class !== 'cors' && row.bytes_b64 !== undefined && row.construction === undefined,
);
const transports = [
  { name: 'raw-h1', play: rawH1 },
  { name: 'h2', play: h2 },
] as const;

async function column(name: string, lanes: readonly Lane[]): Promise<readonly string[]> {
  const cells: string[] = [name];
  for (const { name: transport, play } of transports) {
    const begun = performance.now();
    const outcomes = await runAll(
      lanes,
      rows.filter((row) => row.transport === transport),
      play,
    );
    const held = (wanted: 'must' | 'target'): string =>
      `${outcomes.filter((one) => one[wanted].length === 0).length} of ${outcomes.length}`;
    console.error(`${name}, ${transport}: ${Math.round((performance.now() - begun) / 1000)} s`);
    cells.push(held('must'), held('target'));
    if (process.argv.includes('--failing')) console.log(`\n${name}, ${transport}:\n${failing(outcomes)}`);
  }
  return cells;
}

function failing(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter(({ must }) => must.length > 0)
    .map(({ row, must }) => `  ${row.id}: ${must.join('; ').slice(0, 200)}`)
    .join('\n');
}

try {
  const columns = [await column('postern', await fixtureFor(t, LANES))];
  for (const peer of PEERS) {
    const version = versionOf(peer);
    if (version === undefined) console.log(`${peer.name} is not installed here`);
    else {
      const lanes = await Promise.all(Array.from({ length: LANES }, () => laneOf(peer)));
      columns.push(await column(`${peer.name} ${version}`, lanes));
    }
  }
  const head = '| gateway | raw-h1 must | raw-h1 target | h2 must | h2 target |\n|---|---|---|---|---|';
  const table = [head, ...columns.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
  console.log(`\n${table}`);
  if (process.argv.includes('--write')) writeSection('peers', table);
} finally {
  for (const end of endings.reverse()) await end();
}
process.exit();
