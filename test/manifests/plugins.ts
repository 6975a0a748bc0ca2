import { Schema, definePlugin, refuse } from '@postern/kit';
import type { Plugin } from '@postern/model';
import accessLog from '@postern/plugin-access-log';
import authorize from '@postern/plugin-authorize';
import cors from '@postern/plugin-cors';
import headers from '@postern/plugin-headers';
import jwt from '@postern/plugin-jwt';
import requestId from '@postern/plugin-request-id';
import transformRequest from '@postern/plugin-transform-request';
import transformResponse from '@postern/plugin-transform-response';

// Stands in for plugins of later issues: a guard, a limit, and one with every kind of value in its config.
const keyAuth = definePlugin({
  name: 'key-auth',
  summary: 'Knows callers by a key',
  config: Schema.Object({
    header: Schema.Optional(Schema.String({ minLength: 1 })),
    keys: Schema.Optional(Schema.Record(Schema.String(), Schema.String())),
  }),
  // `{}` as the map of keys: whoever writes it wants to try things out.
  guards: ({ keys }) => keys === undefined || Object.keys(keys).length > 0,
  answers: () => false,
  compile: ({ header = 'x-key', keys }) => ({
    request: async (exchange) => {
      const key = exchange.request.headers.get(header);
      if (key === undefined) return refuse({ status: 401, code: 'key-auth/no-key', detail: 'No key.' });
      if (keys !== undefined) return keys[key] === undefined ? UNKNOWN : undefined;
      const known = await exchange.ask(`keys/${key}`, () => Promise.resolve(false));
      return known ? undefined : UNKNOWN;
    },
  }),
});

const UNKNOWN = refuse({ status: 403, code: 'key-auth/unknown-key', detail: 'An unknown key.' });

const rateLimit = definePlugin({
  name: 'rate-limit',
  summary: 'Caps the requests of a caller',
  config: Schema.Object({
    limit: Schema.Integer({ minimum: 1, maximum: 1000000 }),
    per: Schema.Optional(Schema.Union([Schema.Literal('second'), Schema.Literal('minute'), Schema.Literal('hour')])),
    burst: Schema.Optional(Schema.Number({ exclusiveMinimum: 0 })),
    by: Schema.Optional(
      Schema.Union([
        Schema.Object({ kind: Schema.Literal('header'), name: Schema.String({ minLength: 1 }) }),
        Schema.Object({ kind: Schema.Literal('address'), prefix: Schema.Optional(Schema.Integer({ minimum: 0 })) }),
      ]),
    ),
    dryRun: Schema.Optional(Schema.Boolean()),
    exempt: Schema.Optional(Schema.Array(Schema.String(), { uniqueItems: true, maxItems: 3 })),
  }),
  compile: () => ({}),
});

const cache = definePlugin({
  name: 'cache',
  summary: 'Answers with what an upstream said before',
  config: Schema.Object({}),
  compile: () => ({ request: () => undefined }),
});

/** The plugins that the documents of these tests may use. */
export const plugins: ReadonlyMap<string, Plugin> = new Map(
  [
    accessLog,
    authorize,
    cors,
    headers,
    jwt,
    requestId,
    transformRequest,
    transformResponse,
    keyAuth,
    rateLimit,
    cache,
  ].map((plugin) => [plugin.name, plugin]),
);
