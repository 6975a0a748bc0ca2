import { definePlugin, problem, refuse, Schema } from '@postern/kit';
import { momentOf } from './day.js';

const config = Schema.Object({
  deprecated: Schema.Optional(
    Schema.String({
      description: 'Day or moment (UTC) since which the API should not be used any more: `2026-06-30`.',
    }),
  ),
  sunset: Schema.String({ description: 'Day or moment (UTC) at which the API ends: `2026-12-31T12:00:00Z`.' }),
  link: Schema.Optional(
    Schema.String({ description: 'Page that says what to use instead.', pattern: '^https?://[!#-;=?-~]+$' }),
  ),
  after: Schema.Optional(
    Schema.Union([Schema.Literal('refuse'), Schema.Literal('serve')], {
      description: 'What becomes of requests after the sunset: 410, or the upstream is asked as before.',
      default: 'refuse',
    }),
  ),
});

export default definePlugin({
  name: 'sunset',
  summary: 'Tells clients that an API is deprecated, and ends it on its day',
  config,
  answers: () => false,
  compile({ deprecated, sunset, link, after = 'refuse' }, context) {
    const begins = deprecated === undefined ? undefined : momentOf(deprecated);
    const ends = momentOf(sunset);
    /** @type {import('@postern/kit').Finding[]} */
    const problems = [];
    if (deprecated !== undefined && begins === undefined) problems.push(noDay('deprecated', deprecated));
    if (ends === undefined) problems.push(noDay('sunset', sunset));
    if (begins !== undefined && ends !== undefined && ends < begins) problems.push(TOO_EARLY);
    if (ends === undefined || problems.length > 0) return problems;

    /** @type {[string, string][]} */
    const headers = [['sunset', new Date(ends).toUTCString()]];
    if (begins !== undefined) headers.push(['deprecation', `@${begins / 1000}`]);
    if (link !== undefined) headers.push(['link', `<${link}>; rel="sunset"`]);
    const detail = `This API ended at ${new Date(ends).toISOString()}.${link === undefined ? '' : ` See ${link}`}`;
    const gone = refuse({ status: 410, code: 'sunset/gone', detail });
    const countGone = context.counter('gone');
    const countUsed = context.counter('used');

    return {
      request(exchange) {
        // Frozen with the request, not read from a clock: a decision can be replayed years later.
        if (exchange.now < ends) countUsed();
        else if (after === 'refuse') {
          countGone();
          return gone;
        }
        return undefined;
      },
      response(exchange) {
        // `add`: the upstream may have links of its own.
        for (const [name, value] of headers) exchange.response.headers[name === 'link' ? 'add' : 'set'](name, value);
      },
    };
  },
});

/** @param {string} key @param {string} found */
function noDay(key, found) {
  const message = `${JSON.stringify(found)} is no day and no moment in UTC`;
  return problem({ code: 'sunset/date', path: [key], message, fix: 'write 2026-12-31 or 2026-12-31T12:00:00Z' });
}

// RFC 9745 section 4.
const TOO_EARLY = problem({
  code: 'sunset/before-deprecation',
  path: ['sunset'],
  message: 'the API ends before it is deprecated',
  fix: 'move sunset behind deprecated, or deprecated before sunset',
});
