/** Postern beside other gateways: `npm run bench -- --help`. The method stands in docs/performance.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CASES, GROUPS } from './core/cases.ts';
import { WrongUsage, readOptions, usage } from './core/options.ts';
import type { Options } from './core/options.ts';
import { OWN_CASES } from './core/own.ts';
import type { Gap, Results, Row } from './core/results.ts';
import { caseTable } from './core/table.ts';
import { targetTable } from './core/target-table.ts';
import { judge } from './core/targets.ts';
import { headLines, methodOf } from './core/head.ts';
import { Children } from './run/children.ts';
import { installPeers } from './run/install-peers.ts';
import { inventory, machine } from './run/machine.ts';
import { measureOwn } from './run/own.ts';
import { ALL_PEERS } from './run/peers.ts';
import { measureGroup } from './run/rounds.ts';
import type { Bench, Found } from './run/rounds.ts';
import { startUpstream } from './run/upstream.ts';

const everyCase = [...CASES, ...OWN_CASES];
const names = {
  cases: everyCase.map(({ name }) => name),
  peers: ALL_PEERS.map(({ name }) => name),
};
const options = optionsOrExit();
if (process.platform !== 'linux') {
  console.error('the bench reads what a process has used from /proc: it runs on Linux');
  process.exit(2);
}
const children = new Children();
const results = await run();
const verdicts = judge(results);
const all = options.cases.length === names.cases.length;
// Of a part of the cases most targets are not measured: they would bury the others.
const judged = all ? verdicts : verdicts.filter(({ said }) => said !== 'not measured');
if (judged.length > 0) process.stdout.write(`\n${targetTable(judged)}\n`);
const file = options.out ?? (options.quick ? undefined : join(import.meta.dirname, 'results', `${results.date}.json`));
if (file !== undefined) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nresults: ${file}`);
}
const failed = results.gaps.filter(({ kind }) => kind === 'failed');
for (const { case: name, peer, reason } of failed) console.log(`FAILED ${name}, ${peer}: ${reason}`);
// Targets that were missed are no failure: times depend on the machine.
process.exit(failed.length > 0 ? 1 : 0);

/** Measures everything that was asked for, and prints each case when it is done. */
async function run(): Promise<Results> {
  const wantsLoad = CASES.some(({ name }) => options.cases.includes(name));
  // For a quick run nothing is downloaded.
  const notInstalled =
    wantsLoad && options.peers.some(needsInstall) ? installPeers((text) => console.error(text)) : undefined;
  if (notInstalled !== undefined) console.log(notInstalled);
  const { versions, absent } = inventory();
  const upstream = await startUpstream(children);
  const head = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    method: methodOf(options, upstream.name),
    versions,
    absent,
  };
  console.log(headLines(head).join('\n'));
  const peers = ALL_PEERS.filter(
    ({ name }) => name in versions && (name === 'postern' || options.peers.includes(name)),
  );
  const bench = { children, upstream, options, progress };
  const rows: Row[] = [];
  const gaps: Gap[] = [];
  for (const measure of plan(bench, peers, absent)) {
    const found = await measure();
    progress('');
    const measured = new Set([...found.rows, ...found.gaps].map(({ case: name }) => name));
    for (const one of everyCase.filter(({ name }) => measured.has(name))) console.log(`\n${caseTable(one, found)}`);
    rows.push(...found.rows);
    gaps.push(...found.gaps);
  }
  return { ...head, rows, gaps };
}

/** What there is to do, in order. */
function plan(bench: Bench, peers: typeof ALL_PEERS, absent: Results['absent']): readonly (() => Promise<Found>)[] {
  const asked = ({ name, slow = false }: { readonly name: string; readonly slow?: boolean }): boolean =>
    options.cases.includes(name) && !(options.quick && slow && options.cases.length === names.cases.length);
  const groups = GROUPS.map((group) => group.filter(asked)).filter((group) => group.length > 0);
  return [
    ...groups.map((group) => () => measureGroup(bench, group, { peers, absent })),
    ...OWN_CASES.filter(asked).map((own) => () => measureOwn(bench, own)),
  ];
}

function needsInstall(name: string): boolean {
  return ALL_PEERS.some((peer) => peer.name === name && peer.installed);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

function optionsOrExit(): Options {
  const words = process.argv.slice(2);
  if (words.includes('--help')) {
    console.log(usage(names));
    return process.exit(0);
  }
  try {
    return readOptions(words, names);
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    console.error(`${error.message}\n\n${usage(names)}`);
    return process.exit(2);
  }
}
