/**
 * What kept decisions cost: two gateways that differ in `server.decisions` alone, under `wrk` in turns. Other work on the
 * machine changes throughput more than this does, so the gateway's own processor time for a request is measured too.
 * `npm run bench:decisions [rounds] [seconds]`; wrk has to be installed.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const [rounds = 10, seconds = 3] = process.argv.slice(2).map(Number);
const PROGRAM = fileURLToPath(new URL('../packages/postern/bin/postern.mjs', import.meta.url));
const execute = promisify(execFile);

const document = (decisions: string, port: number): string => `server:
  listen: [{ name: public, address: 127.0.0.1:${port} }]
  admin: { address: 127.0.0.1:${port + 1} }
  decisions: ${decisions}
gateway: { policies: [id] }
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: id, plugin: request-id }
  - { name: web, plugin: cors, config: { allowOrigins: ['https://app.example.com'], enforcement: strict } }
apiGroups: [{ name: shop, basePath: /shop, upstream: up, policies: [inherit, web] }]
`;

interface Gateway {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly end: () => void;
}

async function open(name: string, decisions: string, port: number): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  writeFileSync(join(folder, 'gateway.yaml'), document(decisions, port));
  const child = spawn(process.execPath, [PROGRAM, 'run'], { cwd: folder, stdio: 'ignore' });
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${port + 1}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const end = (): void => {
    child.kill();
    rmSync(folder, { recursive: true });
  };
  return { name, port, pid: child.pid ?? 0, end };
}

/** Clock ticks that the process has had, at 100 a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

async function load({ port, pid }: Gateway, origin: string): Promise<{ perSecond: number; microseconds: number }> {
  const url = `http://127.0.0.1:${port}/shop/items`;
  const words = ['-t1', '-c32', '-H', `Origin: ${origin}`, '-H', 'Accept: */*', '-H', 'User-Agent: bench', url];
  // A process that was idle for a while is slow at first, and the ones in the middle of a round are idle longest.
  await execute('wrk', ['-d1s', ...words]);
  const before = ticksOf(pid);
  const { stdout } = await execute('wrk', [`-d${seconds}s`, ...words]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  return { perSecond, microseconds: ((ticksOf(pid) - before) * 10_000) / requests };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

const gateways = [
  await open('off', '{ keep: 0 }', 18_100),
  await open('on', '{ keep: 1000, sample: 0.01 }', 18_110),
  await open('off again', '{ keep: 0 }', 18_120),
];
for (const [what, origin] of [
  ['answers of the upstream, 1 % kept', 'https://app.example.com'],
  ['refusals, all kept', 'https://evil.example'],
] as const) {
  const found = new Map(gateways.map(({ name }) => [name, { perSecond: [0].slice(1), microseconds: [0].slice(1) }]));
  for (let round = 0; round < rounds + 1; round += 1) {
    for (const gateway of gateways.toSorted(() => Math.random() - 0.5)) {
      const { perSecond, microseconds } = await load(gateway, origin);
      // The first round warms up.
      if (round === 0) continue;
      found.get(gateway.name)?.perSecond.push(perSecond);
      found.get(gateway.name)?.microseconds.push(microseconds);
    }
  }
  console.log(what);
  for (const [name, { perSecond, microseconds }] of found)
    console.log(
      `  ${name}: ${median(perSecond).toFixed(0)} requests/s, ${median(microseconds).toFixed(2)} µs of processor each`,
    );
}
for (const { end } of gateways) end();
