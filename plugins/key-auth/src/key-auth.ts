import { Schema, definePlugin, problem, refuse } from '@postern/kit';
import type { Exchange, Finding, Verdict } from '@postern/kit';
import { isDigest, looksHashed } from './digest.ts';
import { KnownKeys, LONGEST_KEY, credentialDigest } from './known-keys.ts';
import { checkName } from './names.ts';
import { placeOf } from './places.ts';
import type { Place, PlaceName } from './places.ts';

const DEFAULT_NAME = 'x-api-key';

// No scheme for API keys is registered; this is the word that most services use (README).
const CHALLENGE = ['www-authenticate', 'ApiKey realm="postern"'];

const MISSING = refuse({
  status: 401,
  code: 'key-auth/missing',
  detail: 'The request carries no API key.',
  headers: CHALLENGE,
});
const UNKNOWN = refuse({
  status: 401,
  code: 'key-auth/unknown',
  detail: 'The API key is not known.',
  headers: CHALLENGE,
});
const AMBIGUOUS = refuse({
  status: 401,
  code: 'key-auth/ambiguous',
  detail: 'The request carries several API keys.',
  headers: CHALLENGE,
});

/** Knows callers by API keys, of which the document has digests. */
export const keyAuth = definePlugin({
  name: 'key-auth',
  summary: 'Knows callers by API keys',
  config: Schema.Object({
    in: Schema.Optional(
      Schema.Array(Schema.Union([Schema.Literal('header'), Schema.Literal('query'), Schema.Literal('cookie')]), {
        description: 'Where a client may show its key. Absent: in a header.',
        minItems: 1,
        examples: [['header', 'query']],
      }),
    ),
    name: Schema.Optional(
      Schema.String({
        description: 'Name of the header, of the parameter and of the cookie. Default x-api-key',
        default: DEFAULT_NAME,
      }),
    ),
    hideCredentials: Schema.Optional(
      Schema.Boolean({
        description: 'Whether the key stays out of what the upstream gets. Default true',
        default: true,
      }),
    ),
    anonymous: Schema.Optional(
      Schema.String({
        description: 'Consumer that a request without a key is taken for. Absent: it is refused.',
        examples: ['anybody'],
      }),
    ),
  }),
  credential: Schema.Object({
    key: Schema.String({
      description: 'SHA-256 of the key, as postern hash writes it, or a reference to the key itself.',
      secret: true,
      minLength: 1,
      maxLength: LONGEST_KEY,
      examples: [`sha256:${'0'.repeat(64)}`],
    }),
  }),
  credentialId: credentialDigest,
  credentialFindings: ({ key }) => (looksHashed(key) && !isDigest(key) ? [NO_DIGEST] : []),
  guards: ({ anonymous }) => anonymous === undefined,
  answers: () => false,
  credentials: ({ name = DEFAULT_NAME }) => [name],
  traits: ['authenticates'],
  writes: ({ in: places = ['header'], name = DEFAULT_NAME, hideCredentials = true }) =>
    hideCredentials && places.includes('header') ? { request: [name.toLowerCase()] } : {},
  compile(config, context) {
    const { name = DEFAULT_NAME, hideCredentials = true } = config;
    const anonymous = config.anonymous === undefined ? undefined : context.consumer(config.anonymous);
    const problems = [...checkName(name)];
    if (config.anonymous !== undefined && anonymous === undefined) problems.push(nobodyNamed(config.anonymous));
    if (problems.length > 0) return problems;
    if (context.consumers.length === 0) context.warn(NO_KEYS);
    const named: readonly PlaceName[] = config.in ?? ['header'];
    const places = [...new Set(named)].map((place) => placeOf(place, name));
    const known = new KnownKeys(context.consumers);

    function decide(exchange: Exchange): Verdict | undefined {
      const key = shownKey(exchange, places);
      if (key === SEVERAL) return AMBIGUOUS;
      if (key === undefined && anonymous === undefined) return MISSING;
      const consumer = key === undefined ? anonymous : known.ownerOf(key);
      if (consumer === undefined) return UNKNOWN;
      exchange.identify(consumer);
      return undefined;
    }
    return {
      request: function keyAuthRequest(exchange: Exchange): Verdict | undefined {
        if (hideCredentials) for (const place of places) place.hide(exchange);
        return decide(exchange);
      },
    };
  },
});

const SEVERAL = Symbol('several keys');

/** The one key of a request, or that there are several: which of them would count is not for the client to choose. */
function shownKey(exchange: Exchange, places: readonly Place[]): string | typeof SEVERAL | undefined {
  let key: string | undefined;
  for (const place of places) {
    for (const value of place.values(exchange)) {
      if (key !== undefined && value !== key) return SEVERAL;
      key = value;
    }
  }
  return key;
}

const NO_DIGEST: Finding = problem({
  code: 'key-auth/digest',
  path: ['key'],
  message: 'sha256: is followed by something else than 64 hex digits in lower case',
  fix: 'make the digest with postern hash --key',
});

const NO_KEYS = {
  code: 'key-auth/no-keys',
  path: [],
  message: 'no consumer has a key: every key is refused',
  fix: 'give consumers credentials: { key-auth: [{ key: ... }] }',
};

function nobodyNamed(name: string): Finding {
  return problem({
    code: 'key-auth/anonymous',
    path: ['anonymous'],
    message: `there is no consumer ${JSON.stringify(name)}`,
    fix: 'name a consumer of the document, or leave anonymous out to refuse requests without a key',
  });
}
