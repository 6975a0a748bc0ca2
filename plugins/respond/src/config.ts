import { Schema } from '@postern/kit';
import type { Static } from '@postern/kit';

const REDIRECTS = [301, 302, 303, 307, 308] as const;

const closed = { additionalProperties: false } as const;

const Redirect = Schema.Object(
  {
    location: Schema.Optional(
      Schema.String({
        description: 'A URL with scheme and host, or a path; a template whose values stand in path or query only',
        examples: ['https://www.example.com{{ request.path }}'],
      }),
    ),
    scheme: Schema.Optional(
      Schema.Literal('https', { description: 'The same host, path and query over https; requests over https go on' }),
    ),
    port: Schema.Optional(Schema.Integer({ description: 'Port beside scheme', minimum: 1, maximum: 65535 })),
    status: Schema.Optional(
      Schema.Union(
        REDIRECTS.map((status) => Schema.Literal(status)),
        { description: '307 and 308 keep method and body', default: 302 },
      ),
    ),
    keepQuery: Schema.Optional(
      Schema.Boolean({ description: "Whether the client's query is added to location", default: false }),
    ),
  },
  { description: 'Sends the client elsewhere', ...closed },
);

const Maintenance = Schema.Object(
  {
    retryAfter: Schema.Optional(
      Schema.Integer({ description: 'Seconds, in Retry-After', minimum: 0, maximum: 31_536_000, default: 60 }),
    ),
    message: Schema.Optional(
      Schema.String({ description: 'One sentence for people; a template', examples: ['We are back at 9:00 UTC.'] }),
    ),
    page: Schema.Optional(
      Schema.String({
        description: 'The HTML page for browsers; a template',
        examples: ['${file:./maintenance.html}'],
      }),
    ),
  },
  { description: '503 with Retry-After: a page for browsers, problem details for programs', ...closed },
);

export const Config = Schema.Object({
  status: Schema.Optional(
    Schema.Integer({ description: 'Status of the answer', minimum: 200, maximum: 599, default: 200 }),
  ),
  headers: Schema.Optional(
    Schema.Record(Schema.String(), Schema.String(), { description: 'Headers of the answer; values are templates' }),
  ),
  body: Schema.Optional(Schema.String({ description: 'A text; a template', examples: ['Hello {{ consumer.name }}'] })),
  json: Schema.Optional(Schema.Unknown({ description: 'Any value, sent as JSON; each text in it is a template' })),
  redirect: Schema.Optional(Redirect),
  maintenance: Schema.Optional(Maintenance),
});

/** An answer as people write it. */
export type Written = Static<typeof Config>;
export type WrittenRedirect = Static<typeof Redirect>;
export type WrittenMaintenance = Static<typeof Maintenance>;
