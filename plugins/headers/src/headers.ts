import { Schema, definePlugin } from '@postern/kit';
import type { Exchange, ResponseExchange } from '@postern/kit';
import { edit, toEdits, writtenNames } from './edits.ts';

const editsOf = (direction: string) =>
  Schema.Optional(
    Schema.Object(
      {
        set: Schema.Optional(
          Schema.Record(Schema.String(), Schema.String(), {
            description: `Headers that the ${direction} leaves with, whatever it came with`,
          }),
        ),
        add: Schema.Optional(
          Schema.Record(Schema.String(), Schema.String(), {
            description: `Values joined to those the ${direction} has, with a comma`,
          }),
        ),
        remove: Schema.Optional(
          Schema.Array(Schema.String(), { description: `Headers that the ${direction} leaves without` }),
        ),
      },
      { additionalProperties: false },
    ),
  );

/** Sets, adds and removes headers of requests and responses. */
export const headers = definePlugin({
  name: 'headers',
  summary: 'Sets, adds and removes headers of requests and responses',
  config: Schema.Object({ request: editsOf('request'), response: editsOf('response') }),
  answers: () => false,
  writes: ({ request, response }) => ({ request: writtenNames(request), response: writtenNames(response) }),
  compile(config, context) {
    const request = toEdits(config.request ?? {}, 'request');
    const response = toEdits(config.response ?? {}, 'response');
    const problems = [...request.problems, ...response.problems];
    if (problems.length > 0) return problems;
    if (request.edits.length + response.edits.length === 0) {
      context.warn({
        code: 'headers/nothing-to-do',
        path: [],
        message: 'the policy edits no header',
        fix: 'name headers under request or response, or take the policy out',
      });
    }
    return {
      ...(request.edits.length > 0 && {
        request: function headersRequest(exchange: Exchange): void {
          edit(exchange.outgoing, request.edits);
        },
      }),
      ...(response.edits.length > 0 && {
        response: function headersResponse(exchange: ResponseExchange): void {
          edit(exchange.response.headers, response.edits);
        },
      }),
    };
  },
});
