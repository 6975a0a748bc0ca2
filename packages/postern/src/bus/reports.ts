import type { Entry } from '@postern/source-nats';

/** What a node says of itself in the bucket of nodes. */
export interface Report {
  readonly node: string;
  readonly revision: number;
  readonly digest: string;
  readonly state: 'accepted' | 'refused';
  /** As lines; a node of another version may say more of an issue than we know. */
  readonly issues: readonly ReportedIssue[];
  readonly at: string;
  readonly version: string;
  readonly source: string;
  readonly uptimeSeconds: number | undefined;
}

/** An issue as a node reported it. */
export interface ReportedIssue {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly pointer: string;
  readonly fix: string;
}

/** A report with the server's time of it, which does not depend on the node's clock. */
export interface Heard {
  readonly report: Report;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Milliseconds without a word after which a node is taken for gone. */
const SILENCE = 30_000;

/** Whether a node that said this has to be reckoned with at `now`. Pure. */
export function isAlive({ at }: Heard, now: number): boolean {
  return now - at < SILENCE;
}

/** Reads an entry of the bucket of nodes; undefined for a node that took itself out, and for what is no report. Pure. */
export function toHeard(entry: Entry): Heard | undefined {
  if (entry.operation !== 'put') return undefined;
  const members = membersOf(parseJson(entry.bytes));
  const state = members.get('state');
  const revision = members.get('revision');
  if ((state !== 'accepted' && state !== 'refused') || typeof revision !== 'number') return undefined;
  const uptime = members.get('uptimeSeconds');
  const report = {
    // The key says who speaks: a node cannot speak for another.
    node: nodeOf(entry.key),
    revision,
    digest: textOf(members.get('digest')),
    state,
    issues: listOf(members.get('issues')).map(toIssue),
    at: textOf(members.get('at')),
    version: textOf(members.get('version')),
    source: textOf(members.get('source')),
    uptimeSeconds: typeof uptime === 'number' ? uptime : undefined,
  } as const;
  return { report, at: Date.parse(entry.at) };
}

/** `node.edge.a` -> `a`. */
export function nodeOf(key: string): string {
  return key.split('.').slice(2).join('.');
}

function toIssue(value: unknown): ReportedIssue {
  const members = membersOf(value);
  const [severity = '', code = '', message = '', file = '', pointer = '', fix = ''] = TEXTS.map((name) =>
    textOf(members.get(name)),
  );
  return {
    severity,
    code,
    message,
    file,
    line: countOf(members.get('line')),
    column: countOf(members.get('column')),
    pointer,
    fix,
  };
}

const TEXTS = ['severity', 'code', 'message', 'file', 'pointer', 'fix'] as const;

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 1;
}
