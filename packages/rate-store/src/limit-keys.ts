import { Duration, Schema } from '@postern/kit';

const TOKEN = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";

/** The keys of a config that every plugin that limits has. */
export const limitKeys = {
  by: Schema.Optional(
    Schema.Union(
      [
        Schema.Union([Schema.Literal('ip'), Schema.Literal('consumer')]),
        Schema.Object(
          { header: Schema.String({ pattern: TOKEN, wants: 'the name of a header', examples: ['x-api-key'] }) },
          { additionalProperties: false },
        ),
        Schema.Object({ claim: Schema.String({ minLength: 1, examples: ['sub'] }) }, { additionalProperties: false }),
        Schema.Object(
          { expression: Schema.String({ minLength: 1, examples: ['request.path'] }) },
          { additionalProperties: false },
        ),
      ],
      {
        description:
          'Whose requests are counted together: those of one client address, of one consumer, with one value of a header, of a claim, or of an expression in CEL. Where there is no such value the client address counts.',
        examples: ['consumer', { header: 'x-api-key' }],
      },
    ),
  ),
  scope: Schema.Optional(
    Schema.Union([Schema.Literal('gateway'), Schema.Literal('group'), Schema.Literal('route')], {
      description:
        'Where requests are counted together: wherever the policy is attached, or for each API group or each route by itself.',
      default: 'gateway',
    }),
  ),
  redis: Schema.Optional(
    Schema.Object(
      {
        url: Schema.String({
          description: 'Where it is: redis://, or rediss:// for TLS, with user and password where it wants them.',
          pattern: '^rediss?://',
          wants: 'a URL that begins with redis:// or rediss://',
          secret: 'in-url',
          writeOnly: true,
          examples: ['redis://127.0.0.1:6379'],
        }),
        prefix: Schema.Optional(
          Schema.String({
            description: 'What all keys begin with. Gateways with the same prefix and the same policy count together.',
            maxLength: 100,
            default: 'postern:',
          }),
        ),
        timeout: Schema.Optional(
          Duration('Time in which it has to answer.', { default: '100ms', maximum: 10_000, examples: ['100ms'] }),
        ),
      },
      { additionalProperties: false, description: 'The Redis in which all nodes count together.' },
    ),
  ),
  failOpen: Schema.Optional(
    Schema.Boolean({
      description:
        'What happens when the store does not answer: true lets requests pass uncounted, false refuses them with 503.',
      default: true,
    }),
  ),
  headers: Schema.Optional(
    Schema.Boolean({
      description: 'Whether answers say how much is left: RateLimit-Policy and RateLimit.',
      default: true,
    }),
  ),
};

/** A config of those keys, read. */
export interface LimitConfig {
  readonly by?: 'ip' | 'consumer' | { header: string } | { claim: string } | { expression: string };
  readonly scope?: 'gateway' | 'group' | 'route';
  readonly store: 'memory' | 'redis';
  readonly redis?: { readonly url: string; readonly prefix?: string; readonly timeout?: number };
  readonly failOpen?: boolean;
  readonly headers?: boolean;
}
