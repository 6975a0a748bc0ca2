import { definePlugin, problem } from '@postern/kit';
import type { Body, CompileContext, CompileResult, Exchange, Finding, Verdict } from '@postern/kit';
import { AwaitedBody, checkBody } from './body.ts';
import { Config } from './config.ts';
import type { Written } from './config.ts';
import { toApi } from './openapi/api.ts';
import { checkHead } from './operation.ts';
import { decodeParams } from './part.ts';
import { toOperation } from './plain.ts';

const MIB = 1024 * 1024;

/** Refuses requests that do not fit. */
export const validate = definePlugin({
  name: 'validate',
  summary: 'Refuses requests that do not fit a JSON Schema or an OpenAPI document',
  config: Config,
  answers: () => false,
  traits: ({ body, openapi }) => (body === undefined && openapi === undefined ? [] : ['validates']),
  compile(config, context): CompileResult {
    const problems = [...contradictions(config)];
    const made = config.openapi === undefined ? toPlainSteps(config) : toApiSteps(config, context);
    problems.push(...made.problems);
    if (problems.length > 0) return problems;
    const { maxBody: limit = MIB, maxDepth = 64, status = 400 } = config;
    return {
      request: made.check,
      ...(made.readsBodies && {
        requestBody: {
          limit,
          run: function validateBody(exchange: Exchange, body: Body): Verdict | undefined {
            const { own } = exchange;
            return own instanceof AwaitedBody ? checkBody(own, body, { maxDepth, status }) : undefined;
          },
        },
      }),
    };
  },
});

interface Made {
  readonly problems: readonly Finding[];
  readonly readsBodies: boolean;
  readonly check: (exchange: Exchange) => Verdict | undefined;
}

function toPlainSteps(config: Written): Made {
  const { status = 400 } = config;
  const { operation, problems } = toOperation(config);
  const wantsParams = operation.parts.some(({ name }) => name === 'params');
  return {
    problems,
    readsBodies: operation.body !== undefined,
    check: function validateRequest(exchange) {
      const params = wantsParams ? decodeParams(Object.entries(exchange.params)) : undefined;
      return checkHead(operation, { exchange, params, status });
    },
  };
}

function toApiSteps(config: Written, context: CompileContext): Made {
  const { status = 400 } = config;
  const { api, problems, readsBodies } = toApi(config, context);
  return {
    problems,
    readsBodies,
    check: function validateOperation(exchange) {
      const found = api.find(exchange.request);
      if (found.kind === 'refused') return found.verdict;
      if (found.kind === 'passed') return undefined;
      return checkHead(found.operation, { exchange, params: decodeParams(found.captures), status });
    },
  };
}

const SCHEMAS = ['body', 'query', 'headers', 'params'] as const;
const OF_OPENAPI = ['basePath', 'unknownOperation'] as const;
const OF_BODY = ['bodyRequired', 'contentTypes'] as const;

/** What does not go together. Pure. */
function* contradictions(config: Written): Generator<Finding> {
  const { openapi } = config;
  const schemas = SCHEMAS.filter((key) => config[key] !== undefined);
  if (openapi === undefined && schemas.length === 0) {
    const message = 'there is nothing to check';
    const fix = 'write openapi, or a schema under body, query, headers or params';
    yield problem({ code: 'validate/nothing-to-check', path: [], message, fix });
  }
  const idle = openapi === undefined ? OF_OPENAPI : [...schemas, ...OF_BODY];
  for (const key of idle) {
    if (config[key] === undefined) continue;
    const message = openapi === undefined ? `${key} belongs to openapi` : `the OpenAPI document says what ${key} would`;
    yield problem({ code: 'validate/two-kinds', path: [key], atKey: true, message, fix: 'take it out' });
  }
}
