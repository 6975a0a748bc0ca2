import { Schema } from '@postern/kit';
import type { Static } from '@postern/kit';

/** The default of `maxAge`: long enough to save preflights, short enough that a tightened policy bites within minutes. */
export const DEFAULT_MAX_AGE = 900;

/** Max-age above one day has no effect in any browser: Firefox caps at 86400, Chromium at 7200. */
export const LARGEST_USEFUL_MAX_AGE = 86_400;

const DELTA_SECONDS_MAX = 2_147_483_647; // RFC 9111 section 1.2.2: the value that recipients cap at

const names = (description: string) => Schema.Optional(Schema.Array(Schema.String(), { description }));
const flag = (description: string) => Schema.Optional(Schema.Boolean({ description, default: false }));

/** What people write. `compile.ts` turns it into what requests read. */
export const corsConfig = Schema.Object(
  {
    protocols: Schema.Optional(
      Schema.Array(Schema.Union([Schema.Literal('HTTP/1.0'), Schema.Literal('HTTP/1.1'), Schema.Literal('HTTP/2')]), {
        description: 'HTTP versions that cross-origin requests may use. Absent: all.',
      }),
    ),
    allowOrigins: names(
      'Origins that may read answers: `*`, an exact origin (`https://app.example.com`), whole labels in front of a host ' +
        '(`https://*.example.com`, never the apex), any port (`http://localhost:*`), or `~` and a regular expression that ' +
        'the whole origin must match. Absent: all.',
    ),
    allowMethods: names(
      'Methods that a preflight may ask for, case-sensitive, or `*`. GET, HEAD and POST are always allowed. Absent: all.',
    ),
    allowHeaders: names(
      'Request headers that a preflight may ask for, or `*`. Without credentials `*` does not cover `authorization`: write ' +
        '`["*", authorization]`. Absent: none beyond those that Fetch safelists.',
    ),
    exposeHeaders: names(
      'Response headers that scripts may read, or `*`. Absent: none beyond those that Fetch safelists.',
    ),
    allowCredentials: flag('Whether scripts may send cookies and TLS client certificates and read the answer.'),
    anyOriginWithCredentials: Schema.Optional(
      Schema.Literal('reflect', {
        description:
          'The only way to combine all origins with credentials: the origin of each request is sent back, so every web ' +
          'site may act as the visitor that is logged in. Absent: the combination is an error.',
      }),
    ),
    maxAge: Schema.Optional(
      Schema.Integer({
        description: 'Seconds that a browser may keep the answer to a preflight; 0 is sent and means not at all.',
        minimum: 0,
        maximum: DELTA_SECONDS_MAX,
        default: DEFAULT_MAX_AGE,
      }),
    ),
    requireOrigin: flag(
      'Refuses requests without `Origin` with 403. Browsers leave it out on same-origin GET and HEAD and on navigation.',
    ),
    enforcement: Schema.Optional(
      Schema.Union([Schema.Literal('browser'), Schema.Literal('strict')], {
        description:
          '`browser`: a cross-origin request that is not allowed goes on and gets no CORS headers. `strict`: it is refused ' +
          'with 403.',
        default: 'browser',
      }),
    ),
    rejectAll: flag('Refuses every cross-origin request with 403, whatever its origin.'),
    allowNullOrigin: flag(
      'Whether `Origin: null` is allowed. Any page can send it from a sandboxed frame: it says nothing about who asks.',
    ),
    allowPrivateNetwork: flag(
      'Whether preflights that ask for private network access (`Access-Control-Request-Private-Network`) are granted it.',
    ),
    timingAllowOrigins: names(
      'Origins that may read resource timing (`Timing-Allow-Origin`), written as in `allowOrigins`. Absent: as the upstream says.',
    ),
    preflightStatus: Schema.Optional(
      Schema.Union([Schema.Literal(200), Schema.Literal(204)], {
        description: 'Status of an answer to a preflight.',
        default: 204,
      }),
    ),
  },
  { additionalProperties: false },
);

/** The config of one policy, checked against the schema. */
export type CorsConfig = Static<typeof corsConfig>;
