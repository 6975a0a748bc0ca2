import { definePlugin, problem, refuse, Schema } from '@postern/kit';

export default definePlugin({
  name: 'my-policy',
  summary: 'Lets through requests for a version of the API that is served',

  // The schema is the type of `config` below, the check of every document, and what editors complete.
  config: Schema.Object({
    header: Schema.Optional(
      Schema.String({
        description: 'Request header that names the version, in lower case.',
        default: 'x-api-version',
        pattern: '^[a-z0-9-]+$',
      }),
    ),
    versions: Schema.Array(Schema.String({ pattern: '^[A-Za-z0-9._-]+$' }), {
      description: 'Versions that are served.',
      minItems: 1,
    }),
    fallback: Schema.Optional(
      Schema.String({ description: 'Version of requests that name none. Absent: they are refused.' }),
    ),
  }),

  // It refuses, but never answers in the upstream's place.
  answers: () => false,

  // Once per document: everything that can be decided before the first request is decided here.
  compile(config, context) {
    const { header = 'x-api-version', versions, fallback } = config;
    if (fallback !== undefined && !versions.includes(fallback)) {
      const message = `${JSON.stringify(fallback)} is none of the versions`;
      return [
        problem({ code: 'my-policy/fallback', path: ['fallback'], message, fix: `write ${versions.join(' or ')}` }),
      ];
    }
    const served = new Set(versions);
    const detail = `Send ${header} with one of: ${versions.join(', ')}.`;
    const notServed = refuse({ status: 400, code: 'my-policy/not-served', detail });
    const countFallback = context.counter('fallback');

    return {
      request(exchange) {
        const asked = exchange.request.headers.get(header) ?? fallback;
        if (asked === undefined || !served.has(asked)) return notServed;
        if (exchange.request.headers.has(header)) return undefined;
        exchange.outgoing.set(header, asked);
        countFallback();
        return undefined;
      },

      // Runs on every answer, also on a refusal: caches must not mix versions up.
      response(exchange) {
        exchange.response.headers.add('vary', header);
      },
    };
  },
});
