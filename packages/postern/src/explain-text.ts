import type { DecidedEdit, DecidedPolicy, DecidedStep, Decision, ShownHeaders } from '@postern/model';
import { tame } from './terminal.ts';

/** A decision as people read it: the answer and who made it, the route, each policy with what it did. Pure. */
export function explainText(decision: Decision): string {
  const { request, answer, upstream } = decision;
  const search = request.query === '' ? '' : `?${request.query}`;
  const url = `${request.scheme}://${request.host}${request.path}${search}`;
  return [
    `${request.method} ${tame(url)}  ${request.protocol} from ${request.clientAddress}`,
    `-> ${answerText(decision)}`,
    '',
    ...routeLines(decision),
    '',
    ...consumerLines(decision),
    ...policyLines(decision.policies),
    '',
    'answer headers',
    ...headerLines(answer.headers),
    ...(upstream === null
      ? []
      : [
          '',
          `upstream ${upstream.name} gets ${request.method} ${tame(upstream.path)}`,
          ...headerLines(upstream.headers),
        ]),
  ].join('\n');
}

function answerText({ answer, policies, upstream }: Decision): string {
  const { status, madeBy, policy, code, detail, where } = answer;
  const maker =
    policy === null ? (madeBy === 'upstream' ? `upstream ${upstream?.name}` : 'the gateway') : `policy ${policy}`;
  const reason = code === null ? '' : ` [${code}]${detail === null ? '' : `: ${tame(detail)}`}`;
  const line = where === null ? '' : `  ${where}`;
  const open = policies.filter(({ steps }) =>
    steps.some(({ verdict }) => verdict === 'would ask' || verdict === 'unknown'),
  );
  const names = open.map((one) => one.policy).join(' and ');
  const unless = open.length === 0 ? '' : `, if ${names} ${open.length === 1 ? 'lets' : 'let'} it go on`;
  return `${status} by ${maker}${reason}${line}${unless}`;
}

function routeLines({ route, others }: Decision): readonly string[] {
  const head =
    route === null
      ? 'route: none takes it'
      : `route: ${route.group}/${route.route}  ${route.pattern ?? ''}  ${route.file ?? ''}:${route.line ?? ''}`;
  return [head, ...others.map((lost) => `  not ${lost.group}/${lost.route}: ${tame(lost.reason)}`)];
}

function consumerLines({ consumer }: Decision): readonly string[] {
  if (consumer === null) return [];
  const labels = Object.entries(consumer.labels).map(([key, value]) => `${key}: ${value}`);
  return [tame(`consumer: ${consumer.name}${labels.length === 0 ? '' : ` (${labels.join(', ')})`}`), ''];
}

function policyLines(policies: readonly DecidedPolicy[]): readonly string[] {
  if (policies.length === 0) return ['policies: none ran'];
  return ['policies, in order', ...policies.flatMap((policy, at) => [headOf(policy, at + 1), ...stepLines(policy)])];
}

function headOf({ policy, plugin, level, file, line, at, mode, locked }: DecidedPolicy, order: number): string {
  const marks = [mode === 'enforce' ? '' : mode, locked ? 'locked' : ''].filter((mark) => mark !== '');
  const marked = marks.length === 0 ? '' : `  ${marks.join(', ')}`;
  return `  ${order}. ${policy}  ${plugin}  ${file}:${line}, on the ${level} at ${at.file}:${at.line}${marked}`;
}

function stepLines({ steps, when }: DecidedPolicy): readonly string[] {
  const conditions = when.map(({ text, holds }) => `     when ${tame(text)}${holds === null ? '' : `: ${holds}`}`);
  if (steps.length === 0) return [...conditions, '     had nothing to do'];
  return [...conditions, ...steps.flatMap(linesOf)];
}

function linesOf(step: DecidedStep): readonly string[] {
  const { verdict, status, code, detail, reads, edits, asked } = step;
  const said = [verdict, status, code === null ? null : `[${code}]`].filter((part) => part !== null).join(' ');
  const why = detail === null ? '' : `: ${tame(detail)}`;
  const read = reads.length === 0 ? '' : `  read ${reads.map(tame).join(', ')}`;
  return [
    `     ${step.step}: ${said}${why}${read}`,
    ...asked.map(({ key, answer }) => `       asks ${tame(key)}: ${answer}`),
    ...edits.map((edit) => `       ${editText(edit)}`),
  ];
}

function editText({ on, operation, name, value, dropped }: DecidedEdit): string {
  const what = operation === 'remove' ? `removes ${name}` : `${operation}s ${name}: ${value}`;
  const where = on === 'target' ? 'asked for upstream' : `on the ${on === 'outgoing' ? 'request' : 'answer'}`;
  return tame(`${what} ${where}${dropped ? ' (dropped)' : ''}`);
}

function headerLines(headers: ShownHeaders): readonly string[] {
  if (headers.length === 0) return ['  none'];
  return headers.map(([name, value]) => `  ${tame(`${name}: ${value}`)}`);
}
