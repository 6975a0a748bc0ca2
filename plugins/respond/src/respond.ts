import { definePlugin, problem } from '@postern/kit';
import type { CompileContext, CompileResult, Exchange, Finding, Verdict } from '@postern/kit';
import { toBody } from './body.ts';
import { Config } from './config.ts';
import type { Written } from './config.ts';
import { toHeaders } from './headers.ts';
import { toMaintenance } from './maintenance.ts';
import type { Made } from './made.ts';
import { toRedirect } from './redirect.ts';

/** Answers in the upstream's place. */
export const respond = definePlugin({
  name: 'respond',
  summary: 'Answers without an upstream: a fixed answer, a redirect, a maintenance page',
  config: Config,
  answers: () => true,
  traits: ({ redirect }) => (redirect?.scheme === undefined ? ['always-answers'] : []),
  compile(config, context): CompileResult {
    const problems: Finding[] = [...contradictions(config)];
    const answer = toAnswer(config, context, problems);
    if (problems.length > 0 || answer === undefined) return problems;
    return {
      request: function respondRequest(exchange: Exchange): Verdict | undefined {
        return answer(exchange);
      },
    };
  },
});

const KINDS = ['body', 'json', 'redirect', 'maintenance'] as const;

/** What cannot stand side by side. Pure. */
function* contradictions(config: Written): Generator<Finding> {
  const [first, ...others] = KINDS.filter((kind) => config[kind] !== undefined);
  for (const other of others) {
    yield problem({
      code: 'respond/two-answers',
      path: [other],
      atKey: true,
      message: `${other} and ${first ?? ''} are two answers, and a request gets one`,
      fix: 'keep one of body, json, redirect and maintenance',
    });
  }
  if (config.status === undefined) return;
  const own =
    config.redirect === undefined ? (config.maintenance === undefined ? undefined : '503') : 'redirect.status';
  if (own !== undefined) {
    yield problem({
      code: 'respond/status',
      path: ['status'],
      message:
        own === '503'
          ? 'the status of a maintenance page is 503'
          : 'the status of a redirect stands beside its location',
      fix: own === '503' ? 'take status out' : 'take status out, or move it to redirect.status',
    });
  } else if ([204, 205, 304].includes(config.status) && (config.body !== undefined || config.json !== undefined)) {
    yield problem({
      code: 'respond/status',
      path: ['status'],
      message: `an answer with status ${config.status} has no body`,
      fix: 'use another status, or take the body out',
    });
  }
}

/** The answer of a config; problems found on the way are added. */
function toAnswer(config: Written, context: CompileContext, problems: Finding[]): Made | undefined {
  const headers = toHeaders(config, context);
  problems.push(...headers.problems);
  const makers = { context, headers };
  const { redirect, maintenance, body, json } = config;
  const makings = [
    ...(redirect === undefined ? [] : [toRedirect(redirect, makers)]),
    ...(maintenance === undefined ? [] : [toMaintenance(maintenance, makers)]),
    ...(body === undefined ? [] : [toBody({ ...config, json: undefined }, makers)]),
  ];
  if (json !== undefined || makings.length === 0) makings.push(toBody(config, makers));
  for (const making of makings) problems.push(...making.problems);
  return makings[0]?.answer;
}
