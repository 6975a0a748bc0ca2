import type { Cell, CellStatus, ControlStatus } from '@postern/model';

/** What the node says of itself. */
export interface AdminNode {
  /** `server.name` of the document. */
  readonly name: string;
  readonly version: string;
}

/** The answer of `/api/v1/status`. */
export interface StatusReport extends CellStatus, Omit<ControlStatus, 'refusal'> {
  readonly node: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly lastRefusal: ControlStatus['refusal'] | null;
}

/** Puts together what the cell, control and the process know at this moment. */
export function statusReport(node: AdminNode, cell: Cell, control: ControlStatus): StatusReport {
  const { refusal, ...rest } = control;
  return {
    node: node.name,
    version: node.version,
    ...cell.status(),
    ...rest,
    uptimeSeconds: Math.round(process.uptime()),
    lastRefusal: refusal ?? null,
  };
}

/** What control counts, as Prometheus text: the cell cannot know of documents that never reached it. */
export function controlMetrics(control: ControlStatus): string {
  const { accepted, refused } = control.reloads;
  return [
    '# HELP postern_reloads_total Documents that came, by what became of them',
    '# TYPE postern_reloads_total counter',
    `postern_reloads_total{result="accepted"} ${accepted}`,
    `postern_reloads_total{result="refused"} ${refused}`,
    '# HELP postern_restart_needed 1 when the server section changed since the start',
    '# TYPE postern_restart_needed gauge',
    `postern_restart_needed ${control.restartNeeded ? 1 : 0}`,
    '',
  ].join('\n');
}
