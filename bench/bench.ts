/** Postern beside other gateways: `npm run bench -- --help`. The method stands in docs/performance.md. */
import { GROUPS } from './core/cases.ts';
import { USAGE, WrongUsage, readOptions } from './core/options.ts';
import type { Options } from './core/options.ts';
import { caseTable } from './core/table.ts';
import { Children } from './run/children.ts';
import { installPeers } from './run/install-peers.ts';
import { ALL_PEERS } from './run/peers.ts';
import { measureGroup } from './run/rounds.ts';
import { startUpstream } from './run/upstream.ts';

const options = optionsOrExit();
const children = new Children();
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
};
const failedInstall = installPeers(progress);
if (failedInstall !== undefined) console.log(failedInstall);
const wanted = ALL_PEERS.filter(
  ({ name }) => options.peers.length === 0 || name === 'postern' || options.peers.includes(name),
);
const peers = wanted.filter((peer) => peer.version() !== undefined);
for (const { name, missing } of wanted.filter((peer) => !peers.includes(peer)))
  console.log(`${name}: absent: ${missing}`);
const upstream = await startUpstream(children);
console.log(`upstream: ${upstream.name}`);
const bench = { children, upstream, options, progress };
let failed = 0;
for (const group of GROUPS) {
  const cases = group.filter(({ name }) => options.cases.length === 0 || options.cases.includes(name));
  if (cases.length === 0) continue;
  const found = await measureGroup(bench, cases, peers);
  progress('');
  for (const { name } of cases) console.log(`\n${caseTable(name, found)}`);
  failed += found.gaps.filter(({ kind }) => kind === 'failed').length;
}
process.exit(failed > 0 ? 1 : 0);

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return process.exit(2);
  }
}
