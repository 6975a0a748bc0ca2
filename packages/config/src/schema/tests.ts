import { Choice, Schema } from '@postern/schema';
import type { Static } from '@postern/schema';
import { Text, closed } from './words.ts';

const HEADERS = { 'x-beta': '1' };
const orNull = (description: string, example: string) =>
  Schema.Unsafe<string | null>({ type: ['string', 'null'], minLength: 1, description, examples: [example] });
const headerMap = (description: string) =>
  Schema.Optional(Schema.Record(Schema.String(), Schema.String(), { description, examples: [HEADERS] }));
const expectedHeaders = (description: string) =>
  Schema.Optional(
    Schema.Record(Schema.String(), Schema.Unsafe<string | null>({ type: ['string', 'null'] }), {
      description: `${description} null: it must be absent.`,
      minProperties: 1,
      examples: [{ 'x-beta': '1' }],
    }),
  );

const Request = Schema.Object(
  {
    method: Schema.Optional(Text('The method, case-sensitive.', { default: 'GET', examples: ['GET'] })),
    path: Text('The path as on a request line; it may carry ?query.', { examples: ['/shop/items?page=2'] }),
    host: Schema.Optional(
      Text('Host, with a port where one matters; absent: the first host of the first API group the policy is on.', {
        examples: ['shop.example.com'],
      }),
    ),
    scheme: Schema.Optional(Choice(['http', 'https'], { description: 'absent: that of the listener.' })),
    headers: headerMap('Header lines, beside Host.'),
    body: Schema.Optional(Schema.String({ description: 'The body as text.', examples: ['{"amount": 5}'] })),
    from: Schema.Optional(Text('Address of the client.', { default: '192.0.2.1', examples: ['203.0.113.9'] })),
    http: Schema.Optional(
      Choice(['HTTP/1.0', 'HTTP/1.1', 'HTTP/2'], { description: 'HTTP version.', default: 'HTTP/1.1' }),
    ),
    listener: Schema.Optional(
      Text('Name of the listener; absent: the first one of the API group.', { examples: ['public'] }),
    ),
  },
  closed('The request that is rehearsed; nothing is sent.', { examples: [{ path: '/shop/items' }] }),
);

const Upstream = Schema.Object(
  {
    status: Schema.Optional(
      Schema.Integer({ description: 'Status.', minimum: 200, maximum: 599, default: 200, examples: [200] }),
    ),
    headers: headerMap('Header lines.'),
    body: Schema.Optional(Schema.String({ description: 'The body as text.', examples: ['{}'] })),
  },
  closed('What the upstream would answer.', { examples: [{ status: 200 }] }),
);

const Expect = Schema.Object(
  {
    verdict: Schema.Optional(
      Choice(['continue', 'respond', 'refuse', 'would respond', 'would refuse'], {
        description: 'What the policy says; at document level: all of them together. would ...: in shadow.',
      }),
    ),
    status: Schema.Optional(
      Schema.Integer({ description: 'Status that the client gets.', minimum: 200, maximum: 599, examples: [204] }),
    ),
    headers: expectedHeaders('Header lines that the client gets, by name.'),
    outgoing: expectedHeaders('Header lines that the upstream gets, by name.'),
    policy: Schema.Optional(orNull('The policy that answered; null: none did.', 'web-cors')),
    code: Schema.Optional(orNull('Code of the refusal; null: none.', 'cors/origin-not-allowed')),
    route: Schema.Optional(orNull('The route that takes it, as group/route; null: none.', 'storefront/list')),
    reachesUpstream: Schema.Optional(Schema.Boolean({ description: 'Whether the upstream is asked.' })),
  },
  closed('What must come of it: everything that is written here.', { minProperties: 1, examples: [{ status: 200 }] }),
);

const Test = Schema.Object(
  {
    name: Schema.Optional(Text('How messages name it; absent: by its place.', { examples: ['lets our pages in'] })),
    request: Request,
    upstream: Schema.Optional(Upstream),
    outside: Schema.Optional(
      Schema.Record(Schema.String(), Schema.Record(Schema.String(), Schema.Unknown()), {
        description: 'Answers to what policies ask outside the gateway: by policy, then by key.',
        examples: [{ 'partner-keys': { 'keys/alice': { allowed: true } } }],
      }),
    ),
    now: Schema.Optional(
      Text('The time, ISO 8601.', { default: '2026-01-01T00:00:00Z', examples: ['2026-01-01T00:00:00Z'] }),
    ),
    random: Schema.Optional(
      Schema.Number({
        description: 'What chance says, each time.',
        minimum: 0,
        exclusiveMaximum: 1,
        default: 0.5,
        examples: [0.5],
      }),
    ),
    expect: Expect,
  },
  closed('A request and what must come of it.', {
    examples: [{ request: { path: '/shop/items' }, expect: { status: 200 } }],
  }),
);

/** Tests of policies: run by `postern test`, by `postern check` and before every reload. */
export const Tests = (description: string) =>
  Schema.Optional(
    Schema.Array(Test, {
      description,
      maxItems: 10_000,
      examples: [[{ request: { path: '/shop/items' }, expect: { status: 200 } }]],
    }),
  );

export type TestText = Static<typeof Test>;
