import type { PlannedAbsence, PlannedConsumer, PlannedPolicy, PlannedRoute } from './plan-routes.ts';
import { alignColumns } from './table.ts';
import { tame } from './terminal.ts';

/** A route as people read it: what it takes, what runs on it in order, what does not and why. Pure. */
export function routeText(planned: PlannedRoute): string {
  const methods = planned.methods.length === 0 ? 'any method' : planned.methods.join(',');
  const hosts = planned.hosts.length === 0 ? 'any host' : planned.hosts.join(',');
  const listeners = planned.listeners.length === 0 ? '' : `  on ${planned.listeners.join(',')}`;
  const conditions = Object.entries(planned.headers).map(([name, value]) => `  if ${name}: ${value}`);
  const where = `${hosts}  ${planned.path}${listeners}${conditions.join('')}`;
  const head = `${planned.group}/${planned.route}  ${methods}  ${where}  -> ${planned.upstream}`;
  return `${head}\n${policiesText(planned)}`;
}

/** What a consumer brings along, as people read it. Pure. */
export function consumerText(planned: PlannedConsumer): string {
  return `consumer ${planned.consumer}  behind the policy that identifies it, but for what has run by then\n${policiesText(planned)}`;
}

/** The policies that run, a row for each, and below them those that do not. Pure. */
export function policiesText({ policies, absent }: Pick<PlannedRoute, 'policies' | 'absent'>): string {
  const rows = [...policies.map(policyRow), ...absent.map(absentRow)];
  const lines = alignColumns(rows).map((line) => `  ${line}`);
  return (policies.length === 0 ? ['  no policies', ...lines] : lines).join('\n');
}

function policyRow(planned: PlannedPolicy): readonly string[] {
  const { order, policy, plugin, level, where, defined } = planned;
  return [`${order}.`, policy, plugin, level, where, `defined ${shortened(defined, where)}`, notesOf(planned)];
}

function notesOf({ labels, mode, locked, when }: PlannedPolicy): string {
  return [
    ...(mode === 'enforce' ? [] : [mode]),
    ...(locked ? ['locked'] : []),
    ...Object.entries(labels).map(([name, value]) => `${tame(name)}=${tame(value)}`),
    ...when.map(({ text, always }) => `${always ? 'always, as' : 'when'} ${tame(text)}`),
  ].join(', ');
}

/** `:12` for a line of the file that stands beside it. */
function shortened(line: string, beside: string): string {
  const at = line.lastIndexOf(':');
  return beside.startsWith(line.slice(0, at + 1)) ? line.slice(at) : line;
}

function absentRow(absence: PlannedAbsence): readonly string[] {
  const { policy, level, where } = absence;
  return ['-', policy, '', level, where, '', reasonOf(absence)];
}

function reasonOf({ reason, by }: PlannedAbsence): string {
  switch (reason) {
    case 'skipped':
      return `skipped at ${by}`;
    case 'displaced':
      return `displaced by ${by}`;
    case 'switched off':
      return `switched off by ${by}`;
    case 'overtaken':
      return `runs already, from ${by}`;
    case 'off':
      return 'mode: off';
    case 'never':
      return `never here, by the condition at ${by}`;
    default:
      return reason satisfies never;
  }
}
