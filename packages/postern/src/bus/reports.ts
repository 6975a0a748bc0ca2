import type { Issue } from '@postern/model';
import { NODE_TTL } from '@postern/source-nats';
import type { Entry, NodeReport } from '@postern/source-nats';

/** A node's report as it was read: null is what it cannot say yet, and its words are its own. */
export interface Report extends Omit<NodeReport, 'issues' | 'uptimeSeconds'> {
  readonly issues: readonly ReportedIssue[];
  readonly uptimeSeconds: number | null;
}

/** An issue as a node reported it. */
export interface ReportedIssue extends Omit<Issue, 'severity'> {
  readonly severity: string;
}

/** A report with the server's time of it, which does not depend on the node's clock. */
export interface Heard {
  readonly report: Report;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Whether a node that said this has to be reckoned with at `now`. Servers take its word away after the same time, if the bucket
 * was made with one. Pure.
 */
export function isAlive({ at }: Heard, now: number): boolean {
  return now - at < NODE_TTL;
}

/** Reads an entry of the bucket of nodes; undefined for a node that took itself out, and for what is no report. Pure. */
export function toHeard(entry: Entry): Heard | undefined {
  const members = entry.operation === 'put' ? parseMembers(entry.bytes) : undefined;
  if (members === undefined) return undefined;
  const report = {
    // The key says who speaks: a node cannot speak for another.
    node: nodeOf(entry.key),
    revision: numberOf(members.get('revision')),
    digest: textOf(members.get('digest')),
    state: stateOf(members.get('state')),
    issues: listOf(members.get('issues')).map(toIssue),
    at: textOf(members.get('at')) ?? entry.at,
    version: textOf(members.get('version')) ?? '',
    source: textOf(members.get('source')),
    serving: toServing(membersOf(members.get('serving'))),
    uptimeSeconds: numberOf(members.get('uptimeSeconds')),
  };
  return { report, at: Date.parse(entry.at) };
}

/** `node.edge.a` -> `a`. */
export function nodeOf(key: string): string {
  return key.split('.').slice(2).join('.');
}

function stateOf(value: unknown): Report['state'] {
  return value === 'accepted' || value === 'refused' ? value : null;
}

function toServing(members: ReadonlyMap<string, unknown>): Report['serving'] {
  const revision = numberOf(members.get('revision'));
  const digest = textOf(members.get('digest'));
  return revision === null || digest === null ? null : { revision, digest };
}

function toIssue(value: unknown): ReportedIssue {
  const members = membersOf(value);
  const [severity = '', code = '', message = '', file = '', pointer = '', fix = ''] = TEXTS.map(
    (name) => textOf(members.get(name)) ?? '',
  );
  const [line, column] = [numberOf(members.get('line')) ?? 1, numberOf(members.get('column')) ?? 1];
  return { severity, code, message, file, line, column, pointer, fix };
}

const TEXTS = ['severity', 'code', 'message', 'file', 'pointer', 'fix'] as const;

/** A node of another version may say more, or less; what names no node's state at all is no report. */
function parseMembers(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const members = membersOf(value);
    return members.has('state') && members.has('revision') ? members : undefined;
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

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
