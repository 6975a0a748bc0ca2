import { Choice, Duration, Schema, Size } from '@postern/kit';
import type { Static } from '@postern/kit';
import { KEY_PAIR_ALGORITHMS, SECRET_ALGORITHMS } from './algorithms.ts';

const HOUR = 3_600_000;

/** Bytes of a token, unless the config says otherwise: what the header limit of most servers leaves room for. */
export const DEFAULT_TOKEN_BYTES = 8192;

/** Milliseconds for which a key set counts as fresh, unless the config says otherwise. */
export const DEFAULT_KEYS_CACHE = 600_000;

const oneOrMore = (description: string, example: string) =>
  Schema.Optional(
    Schema.Union(
      [Schema.String({ minLength: 1 }), Schema.Array(Schema.String({ minLength: 1 }), { minItems: 1, maxItems: 100 })],
      { description, examples: [example] },
    ),
  );

const name = (description: string, example: string) =>
  Schema.Optional(Schema.String({ description, minLength: 1, maxLength: 200, examples: [example] }));

const Place = Schema.Object(
  {
    header: name('A header that holds the token.', 'x-id-token'),
    scheme: name(
      'Word in front of the token in the header. Absent: Bearer in authorization, none elsewhere.',
      'Bearer',
    ),
    query: name('A query parameter that holds the token.', 'access_token'),
    cookie: name('A cookie that holds the token.', 'session'),
  },
  {
    additionalProperties: false,
    description: 'One place where a token may be: a header, a query parameter or a cookie.',
  },
);

/** What people write. `rules.ts` turns it into what requests read. */
export const jwtConfig = Schema.Object(
  {
    issuer: oneOrMore('What iss must be: one, or one of a list. Absent: anything.', 'https://issuer.example.com'),
    audience: oneOrMore('What aud must be or have among its members: one, or one of a list. Absent: anything.', 'shop'),
    jwksUri: Schema.Optional(
      Schema.String({
        description: 'URL of the key set of the issuer, http or https; redirects are not followed.',
        minLength: 1,
        examples: ['https://issuer.example.com/.well-known/jwks.json'],
      }),
    ),
    jwks: Schema.Optional(
      Schema.Object(
        {
          keys: Schema.Array(Schema.Object({}, { additionalProperties: true }), {
            description: 'Public keys as JSON Web Keys (RFC 7517).',
            minItems: 1,
            maxItems: 100,
            examples: [[{ kty: 'OKP', crv: 'Ed25519', x: '...' }]],
          }),
        },
        { additionalProperties: true, description: 'The key set itself.' },
      ),
    ),
    secret: Schema.Optional(
      Schema.String({
        description: 'Secret that the issuer and the gateway share, for HS256, HS384 and HS512; read as UTF-8.',
        minLength: 1,
        secret: true,
        writeOnly: true,
        examples: ['${env:JWT_SECRET}'],
      }),
    ),
    algorithms: Schema.Optional(
      Schema.Array(Choice([...SECRET_ALGORITHMS, ...KEY_PAIR_ALGORITHMS], {}), {
        description:
          'Algorithms that tokens may be signed with. Absent: HS256 with a secret, all of a key pair with a key set.',
        minItems: 1,
        uniqueItems: true,
        examples: [['RS256']],
      }),
    ),
    clockTolerance: Schema.Optional(
      Duration('How far the clock of the issuer may be off when exp and nbf are judged.', {
        default: '0s',
        minimum: 0,
      }),
    ),
    requiredClaims: Schema.Optional(
      Schema.Array(Schema.String({ minLength: 1 }), {
        description: 'Claims that a token must have.',
        uniqueItems: true,
        maxItems: 100,
        examples: [['exp', 'sub']],
      }),
    ),
    claimsToHeaders: Schema.Optional(
      Schema.Record(Schema.String(), Schema.String({ minLength: 1 }), {
        description:
          'Headers for the upstream and the claim that each gets its value from; what a client sends under these names never passes.',
        examples: [{ 'x-user': 'sub' }],
      }),
    ),
    from: Schema.Optional(
      Schema.Array(Place, {
        description: 'Where the token is. Absent: in the header authorization, behind Bearer.',
        minItems: 1,
        maxItems: 10,
        examples: [[{ header: 'authorization' }, { cookie: 'session' }]],
      }),
    ),
    consumerClaim: Schema.Optional(
      Schema.String({
        description: 'Claim that is held against the subject of the credentials of consumers.',
        minLength: 1,
        default: 'sub',
      }),
    ),
    requireConsumer: Schema.Optional(
      Schema.Boolean({
        description: 'Whether a valid token that belongs to no consumer of the document is refused with 403.',
        default: false,
      }),
    ),
    hideCredentials: Schema.Optional(
      Schema.Boolean({ description: 'Whether the token is taken out of what goes upstream.', default: false }),
    ),
    realm: Schema.Optional(
      Schema.String({
        description: 'Realm in WWW-Authenticate. Absent: the name of the policy.',
        pattern: '^[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]{1,100}$',
        wants: 'visible characters of ASCII without quotes and backslashes, 100 at most',
        examples: ['shop'],
      }),
    ),
    maxTokenSize: Schema.Optional(
      Size('Bytes that a token may have.', { default: '8KiB', minimum: 256, maximum: 65_536 }),
    ),
    jwksCache: Schema.Optional(
      Duration('How long a key set that was fetched counts as fresh.', {
        default: '10m',
        minimum: 1000,
        maximum: 24 * HOUR,
      }),
    ),
  },
  { additionalProperties: false },
);

/** The config of one policy, checked against the schema. */
export type JwtConfig = Static<typeof jwtConfig>;

/** How a consumer is known. */
export const jwtCredential = Schema.Object(
  {
    subject: Schema.String({
      description: 'Value of the claim that consumerClaim names; sub unless it says otherwise.',
      minLength: 1,
      examples: ['8f14e45f'],
    }),
    issuer: Schema.Optional(
      Schema.String({
        description: 'Issuer whose tokens count, where several are trusted. Absent: any of them.',
        minLength: 1,
        examples: ['https://issuer.example.com'],
      }),
    ),
  },
  { additionalProperties: false },
);

/** One credential of a consumer, checked against the schema. */
export type JwtCredential = Static<typeof jwtCredential>;
