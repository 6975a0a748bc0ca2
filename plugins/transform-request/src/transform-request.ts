import { Schema, definePlugin, problem, refuse } from '@postern/kit';
import {
  compileMessageRules,
  credentialNames,
  isJsonType,
  messageKeys,
  rulesSchema,
  textEditsSchema,
  writtenNames,
} from '@postern/message-rules';
import type { Body, Exchange, StepResult, Verdict } from '@postern/kit';
import { compilePath } from './path.ts';
import type { NewPath } from './path.ts';

const NAME = 'transform-request';
const MIB = 1024 * 1024;

const location = Schema.Union([Schema.Literal('header'), Schema.Literal('query'), Schema.Literal('body')], {
  description: 'What of the request is edited.',
});

const path = Schema.Optional(
  Schema.Union(
    [
      Schema.String({ minLength: 1, examples: ['/v2/items/{{ params.id }}'] }),
      Schema.Object(
        {
          pattern: Schema.String({
            description: 'Regular expression (RE2) that the path is searched for.',
            minLength: 1,
            examples: ['^/old/(.*)'],
          }),
          replacement: Schema.String({
            description:
              'What each match becomes: `$1` or `$<name>` is a group of the pattern, `$$` a dollar sign; templates too.',
            examples: ['/new/$1'],
          }),
        },
        { additionalProperties: false },
      ),
    ],
    { description: 'The path that the upstream is asked for: a template of all of it, or what of it is replaced.' },
  ),
);

/** Edits requests on their way to the upstream: headers, query, path, and JSON bodies where one is named. */
export const transformRequest = definePlugin({
  name: NAME,
  summary: 'Edits headers, query, path and JSON body of requests',
  config: Schema.Object(
    { rules: rulesSchema(location), query: textEditsSchema('Edits of query parameters'), path, ...messageKeys },
    { additionalProperties: false },
  ),
  answers: () => false,
  traits: ({ rules = [], body }) =>
    body !== undefined || rules.some((rule) => rule.location === 'body') ? ['transforms'] : [],
  writes: (config) => ({ request: writtenNames(config) }),
  credentials: (config) => credentialNames(config),
  compile(config, context) {
    const { protocols, maxBody = MIB, onOtherType = 'skip' } = config;
    const { rules, problems: found } = compileMessageRules(config, { plugin: NAME, direction: 'request', context });
    const { newPath, problems: ofPath } = compilePath(config.path, context);
    const problems = [...found, ...ofPath];
    if (protocols?.length === 0) {
      const message = 'an empty list of protocols lets the policy act on nothing';
      problems.push(
        problem({ code: 'transform-request/no-protocols', path: ['protocols'], message, fix: 'leave it out for all' }),
      );
    }
    if (problems.length > 0) return problems;
    const { editHeaders, editQuery, editBody } = rules;
    const acts = ({ request }: Exchange): boolean => protocols === undefined || protocols.includes(request.protocol);
    const wants = (exchange: Exchange): boolean =>
      acts(exchange) && (onOtherType === 'refuse' || isJsonType(exchange.request.headers.get('content-type')));
    if (editHeaders === undefined && editQuery === undefined && newPath === undefined && editBody === undefined) {
      const fix = 'name edits under rules, headers, query, path or body, or take the policy out';
      context.warn({ code: 'transform-request/nothing-to-do', path: [], message: 'the policy edits nothing', fix });
    }
    const isOfHead = editHeaders !== undefined || editQuery !== undefined || newPath !== undefined;
    return {
      ...(isOfHead && {
        request: function transformRequestHead(exchange: Exchange): Verdict | undefined {
          if (!acts(exchange)) return undefined;
          editHeaders?.(exchange.outgoing, exchange);
          return rewrites(exchange, newPath, editQuery) ? undefined : BAD_PATH;
        },
      }),
      ...(editBody !== undefined && {
        requestBody: {
          limit: maxBody,
          wants,
          run: function transformRequestBody(exchange: Exchange, body: Body): StepResult {
            // A message without a body has nothing to edit.
            if (body.bytes.length === 0) return undefined;
            if (!isJsonType(exchange.request.headers.get('content-type'))) return OTHER_TYPE;
            const edited = editBody(body.bytes, exchange);
            if (edited.kind === 'unreadable') return badBody(edited.detail);
            if (!edited.hasPlace) return NO_PLACE;
            if (edited.text !== undefined) body.replace(edited.text);
            return undefined;
          },
        },
      }),
    };
  },
});

/** Asks the upstream for another path or query; false where that would be a target that no client may send either. */
function rewrites(
  exchange: Exchange,
  newPath: NewPath | undefined,
  editQuery: ((query: string, exchange: Exchange) => string) | undefined,
): boolean {
  if (newPath === undefined && editQuery === undefined) return true;
  const { target } = exchange;
  const to = newPath?.(exchange);
  const query = editQuery?.(target.query, exchange);
  const isMoved = to !== undefined && to !== target.path;
  const isAsked = query !== undefined && query !== target.query;
  if (!isMoved && !isAsked) return true;
  return exchange.rewrite({ ...(isMoved && { path: to }), ...(isAsked && { query }) });
}

const BAD_PATH = refuse({
  status: 400,
  code: 'transform-request/path',
  detail: 'The request holds a value that cannot stand in a path.',
});
const OTHER_TYPE = refuse({
  status: 415,
  code: 'transform-request/type',
  detail: 'The body has to be JSON.',
  headers: ['accept', 'application/json'],
});
const NO_PLACE = badBody('The body has no place for a value that belongs there.');

function badBody(detail: string): Verdict {
  return refuse({ status: 400, code: 'transform-request/body', detail });
}
