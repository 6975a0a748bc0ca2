import { setTimeout as delay } from 'node:timers/promises';
import { check, follow } from '@postern/control';
import type { Control, Followed, FollowOptions } from '@postern/control';
import type { Applied, Candidate, Cell } from '@postern/model';
import { pushedSource } from './pushed-source.ts';
import type { PushedSource } from './pushed-source.ts';

/** A cell that keeps what came, takes as long as it is told to, and refuses groups named `refused`. */
interface RecordingCell extends Cell {
  readonly applied: Candidate[];
  /** Most applies at one time. */
  readonly most: () => number;
  slow: number;
  broken: Error | undefined;
}

function recordingCell(): RecordingCell {
  const applied: Candidate[] = [];
  let running = 0;
  let most = 0;
  return {
    applied,
    most: () => most,
    slow: 0,
    broken: undefined,
    async apply(candidate): Promise<Applied> {
      most = Math.max(most, (running += 1));
      await delay(this.slow);
      running -= 1;
      if (this.broken !== undefined) throw this.broken;
      applied.push(candidate);
      const [group] = candidate.document.groups;
      if (group?.name !== 'refused') return { kind: 'accepted', warnings: [] };
      const issue = {
        severity: 'error',
        code: 'cell/no',
        message: 'no',
        ...group.place,
        pointer: '',
        fix: 'yes',
      } as const;
      return { kind: 'refused', issues: [issue] };
    },
    status: () => ({ ready: true, revision: undefined, digest: undefined, liveSnapshots: 1, policies: [] }),
    metrics: async () => '',
    decisions: async () => [],
    decision: async () => undefined,
  };
}

/** Control over a pushed source and a recording cell, with the real check between. */
export interface Bench {
  readonly source: PushedSource;
  readonly cell: RecordingCell;
  readonly lines: string[];
  readonly starts: () => number;
  readonly follow: () => Promise<Followed>;
  /** Follows, or throws when the first document is refused. */
  readonly control: () => Promise<Control>;
  /** Names of the groups that were applied, in order. */
  readonly names: () => string[];
}

export function openBench(overrides: Partial<FollowOptions> = {}): Bench {
  const source = pushedSource();
  const cell = recordingCell();
  const lines: string[] = [];
  let starts = 0;
  const write = (level: string) => (_record: object, message: string) => void lines.push(`${level} ${message}`);
  const options: FollowOptions = {
    source,
    check: (text) => check(text, { plugins: [], variables: {}, unresolved: 'error' }),
    start: async () => {
      starts += 1;
      return cell;
    },
    log: { info: write('info'), warn: write('warn'), error: write('error'), write: () => undefined },
    ...overrides,
  };
  return {
    source,
    cell,
    lines,
    starts: () => starts,
    follow: () => follow(options),
    async control() {
      const followed = await follow(options);
      if (followed.kind === 'refused') throw new Error(JSON.stringify(followed.issues));
      return followed.control;
    },
    names: () => cell.applied.map(({ document }) => document.groups.map(({ name }) => name).join('+')),
  };
}

/** The smallest document that serves: one group of that name. */
export function documentOf(name: string, server = ''): string {
  return `${server}upstreams:\n  - { name: up, builtin: echo }\napiGroups:\n  - { name: ${name}, basePath: /${name}, upstream: up }\n`;
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !holds();) {
    if (performance.now() > end) throw new Error('it did not come true within a minute');
    await delay(5);
  }
}
