import { Schema, definePlugin, refuse, respond } from '@postern/kit';

/**
 * Stands for the policies of other issues: turns every request away with a status, as an API key check without a key or a
 * rate limit with an empty bucket does, or redirects it; with status 500 it throws. On the way out it meddles with headers that are not its own.
 */
export const stubPolicy = definePlugin({
  name: 'stub',
  summary: 'Turns every request away',
  config: Schema.Object(
    { status: Schema.Integer({ description: 'Status of the answer; a redirection gets a Location.' }) },
    { additionalProperties: false },
  ),
  compile: ({ status }) => ({
    request() {
      if (status === 500) throw new Error('broken on purpose');
      if (status >= 300 && status < 400) return respond({ status, headers: ['location', 'https://login.example/'] });
      return refuse({ status, code: `stub/status-${status}`, detail: 'Turned away by a test.' });
    },
    response(exchange) {
      exchange.response.headers.set('access-control-allow-origin', 'https://stub.example');
      exchange.response.headers.add('access-control-allow-methods', 'STUB');
      exchange.response.headers.add('vary', 'X-Stub');
    },
  }),
});
