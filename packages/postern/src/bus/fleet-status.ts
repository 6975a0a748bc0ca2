import { alignColumns } from '../table.ts';
import { tame } from '../terminal.ts';
import { describeSpan } from './describe.ts';
import { toRow } from './history.ts';
import type { HistoryRow } from './history.ts';
import { isAlive } from './reports.ts';
import type { Heard, Report } from './reports.ts';
import type { Stored } from './stored.ts';

/** How far a node is from the newest revision; `current` also when that is another text of the same document. */
type Drift = 'current' | 'behind' | 'refused' | 'unknown';

/** The fleet as data: a contract with other programs. */
export interface FleetStatus {
  readonly key: string;
  readonly nodes: readonly (Report & { readonly drift: Drift; readonly silentSeconds: number })[];
  /** The newest revision as in `history`; null when nothing was ever published. */
  readonly newest: HistoryRow | null;
}

/** What a status is made of. */
export interface FleetFacts {
  readonly key: string;
  readonly newest: Stored | undefined;
  readonly fleet: ReadonlyMap<string, Heard>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Says of each node that is still there what it runs; nodes that fell silent are left out. Pure. */
export function toFleetStatus({ key, newest, fleet, now }: FleetFacts): FleetStatus {
  const there = [...fleet.values()].filter((heard) => isAlive(heard, now));
  const nodes = there
    .map(({ report, at }) => ({
      ...report,
      drift: driftOf(report, newest),
      silentSeconds: Math.max(0, Math.round((now - at) / 1000)),
    }))
    .toSorted((one, other) => (one.node < other.node ? -1 : 1));
  return { key, nodes, newest: newest === undefined ? null : toRow(newest) };
}

function driftOf({ state, revision, digest, serving }: Report, newest: Stored | undefined): Drift {
  if (newest?.operation !== 'put') return 'unknown';
  if (state === 'refused' && revision === newest.revision) return 'refused';
  const served = serving?.digest ?? (state === 'accepted' ? digest : null);
  return served === newest.digest || (state === 'accepted' && revision === newest.revision) ? 'current' : 'behind';
}

/** The status as people read it. Pure. */
export function statusText({ key, nodes, newest }: FleetStatus): string {
  const head = tame(newest === null ? `config.${key} holds nothing yet` : newestText(key, newest));
  if (nodes.length === 0) return `${head}\nno node listens`;
  const issues = nodes.flatMap(({ node, issues: found }) =>
    found.map(({ file, line, message, code }) => tame(`${node}: ${file}:${line}: ${message} [${code}]`)),
  );
  const drifted = nodes.filter(({ drift }) => drift !== 'current').length;
  const last = drifted === 0 ? `all ${nodes.length} on the newest` : `${drifted} of ${nodes.length} not on the newest`;
  const lines = [head, ...alignColumns([COLUMNS, ...nodes.map(toCells)]), ...issues];
  return (newest === null ? lines : [...lines, last]).join('\n');
}

const COLUMNS = ['NODE', 'STATE', 'REVISION', 'DRIFT', 'SERVES', 'FROM', 'VERSION', 'UP', 'HEARD'];

function toCells(node: FleetStatus['nodes'][number]): readonly string[] {
  return [
    tame(node.node),
    node.state ?? '-',
    node.revision === null ? '-' : String(node.revision),
    node.drift === 'current' ? '-' : node.drift,
    tame((node.serving?.digest ?? node.digest ?? '-').slice(0, 12)),
    tame(node.source ?? '-'),
    tame(node.version),
    node.uptimeSeconds === null ? '-' : describeSpan(node.uptimeSeconds * 1000),
    `${describeSpan(node.silentSeconds * 1000)} ago`,
  ];
}

function newestText(key: string, { revision, at, author, message }: HistoryRow): string {
  const who = author === null ? '' : ` by ${author}`;
  return `config.${key}@${revision} of ${at}${who}${message === null ? '' : `: ${message}`}`;
}
