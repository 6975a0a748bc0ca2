import { Schema, definePlugin, problem, refusedField } from '@postern/kit';
import type { Exchange, ResponseExchange } from '@postern/kit';

// What a client's id may be: visible in a log line, harmless in a header, short.
const VALID_ID = /^[\w!#$%&'*+.^`|~-]{1,128}$/;

/** Gives every request an id, upstream and client the same one. */
export const requestId = definePlugin({
  name: 'request-id',
  summary: 'Gives every request an id that log, upstream and client share',
  config: Schema.Object({
    header: Schema.Optional(
      Schema.String({ description: 'Header that carries the id. Default x-request-id', default: 'x-request-id' }),
    ),
    trust: Schema.Optional(
      Schema.Boolean({ description: "Take a client's id when it is a valid one. Default false", default: false }),
    ),
  }),
  answers: () => false,
  writes({ header = 'x-request-id' }) {
    return { request: [header.toLowerCase()], response: [header.toLowerCase()] };
  },
  compile(config) {
    const name = (config.header ?? 'x-request-id').toLowerCase();
    const trust = config.trust ?? false;
    if (refusedField(name, 'request') !== undefined) {
      return [
        problem({
          code: 'request-id/header-name',
          path: ['header'],
          message: `${JSON.stringify(config.header)} is no header name that can carry an id`,
          fix: 'use letters, digits and hyphens, such as x-request-id',
        }),
      ];
    }
    return {
      request: function requestIdRequest(exchange: Exchange): void {
        const sent = trust ? exchange.request.headers.get(name) : undefined;
        const id = sent !== undefined && VALID_ID.test(sent) ? sent : exchange.requestId;
        exchange.setRequestId(id);
        exchange.outgoing.set(name, id);
      },
      // Runs on answers of the gateway too; the request step may not have run, the exchange has an id all the same.
      response: function requestIdResponse(exchange: ResponseExchange): void {
        exchange.response.headers.set(name, exchange.requestId);
      },
    };
  },
});
