import { Schema, definePlugin, problem, refuse } from '@postern/kit';
import {
  compileMessageRules,
  credentialNames,
  isJsonType,
  messageKeys,
  rulesSchema,
  writtenNames,
} from '@postern/message-rules';
import type { Body, Exchange, ResponseExchange, StepResult } from '@postern/kit';

const NAME = 'transform-response';
const MIB = 1024 * 1024;

const location = Schema.Union([Schema.Literal('header'), Schema.Literal('body')], {
  description: 'What of the answer is edited.',
});

/** Edits answers on their way to the client: headers, and JSON bodies where one is named. */
export const transformResponse = definePlugin({
  name: NAME,
  summary: 'Edits headers and JSON body of responses',
  config: Schema.Object({ rules: rulesSchema(location), ...messageKeys }, { additionalProperties: false }),
  answers: () => false,
  traits: ({ rules = [], body }) =>
    body !== undefined || rules.some((rule) => rule.location === 'body') ? ['transforms'] : [],
  writes: (config) => ({ response: writtenNames(config) }),
  credentials: (config) => credentialNames(config),
  compile(config, context) {
    const { protocols, maxBody = MIB, onOtherType = 'skip' } = config;
    const { rules, problems: found } = compileMessageRules(config, { plugin: NAME, direction: 'response', context });
    const problems = [...found];
    if (protocols?.length === 0) {
      const message = 'an empty list of protocols lets the policy act on nothing';
      problems.push(
        problem({ code: 'transform-response/no-protocols', path: ['protocols'], message, fix: 'leave it out for all' }),
      );
    }
    if (problems.length > 0) return problems;
    const { editHeaders, editBody } = rules;
    const acts = ({ request }: Exchange): boolean => protocols === undefined || protocols.includes(request.protocol);
    const wants = (exchange: ResponseExchange): boolean =>
      acts(exchange) && (onOtherType === 'refuse' || isJsonType(exchange.response.headers.get('content-type')));
    if (editHeaders === undefined && editBody === undefined) {
      const fix = 'name edits under rules, headers or body, or take the policy out';
      context.warn({ code: 'transform-response/nothing-to-do', path: [], message: 'the policy edits nothing', fix });
    }
    return {
      ...(editHeaders !== undefined && {
        response: function transformResponseHead(exchange: ResponseExchange): void {
          if (acts(exchange)) editHeaders(exchange.response.headers, exchange);
        },
      }),
      ...(editBody !== undefined && {
        responseBody: {
          limit: maxBody,
          wants,
          run: function transformResponseBody(exchange: ResponseExchange, body: Body): StepResult {
            // A message without a body has nothing to edit.
            if (body.bytes.length === 0) return undefined;
            if (!isJsonType(exchange.response.headers.get('content-type'))) return OTHER_TYPE;
            const edited = editBody(body.bytes, exchange);
            if (edited.kind === 'unreadable') return BAD_BODY;
            if (edited.text !== undefined) body.replace(edited.text);
            return undefined;
          },
        },
      }),
    };
  },
});

// What was to go from an answer that cannot be read must not leave with it.
const BAD_BODY = refuse({
  status: 502,
  code: 'transform-response/body',
  detail: 'The upstream answered with a body that a policy cannot read.',
});
const OTHER_TYPE = refuse({
  status: 502,
  code: 'transform-response/type',
  detail: 'The upstream answered with another type than JSON.',
});
