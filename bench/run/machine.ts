import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Results } from '../core/results.ts';
import { ALL_PEERS } from './peers.ts';
import { said, versionIn } from './system.ts';

/** What the bench runs on. */
export function machine(): Results['machine'] {
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${type()} ${release()}`,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}

const TOOLS = { wrk: ['-v'], h2load: ['--version'], 'nats-server': ['--version'] } as const;

/** The versions of peers and tools that are here, and what is missing of the others. */
export function inventory(): Pick<Results, 'versions' | 'absent'> {
  const versions: Record<string, string> = {};
  const absent: Record<string, string> = {};
  for (const peer of ALL_PEERS) {
    const found = peer.version();
    if (found === undefined) absent[peer.name] = peer.missing;
    else versions[peer.name] = found;
  }
  for (const [name, words] of Object.entries(TOOLS)) {
    const found = versionIn(said(name, ...words));
    if (found === undefined) absent[name] = `no ${name} here: its cases are left out`;
    else versions[name] = found;
  }
  return { versions, absent };
}
