import { Choice, Duration, Schema } from '@postern/schema';
import type { Static } from '@postern/schema';
import { Require } from './require.ts';
import { Server } from './server.ts';
import { Tests } from './tests.ts';
import { Upstream } from './upstream.ts';
import { LATER, LabelMap, Name, Text, closed } from './words.ts';

/** A condition: when the policy runs. */
const When = Text('CEL expression; the policy runs where it is true; absent: always.', {
  examples: ["request.method == 'POST'"],
});

/** One entry of a policy list. */
const Entry = Schema.Union(
  [
    Schema.String({ description: 'Name of a policy, or inherit: where the list of the wider level runs.' }),
    Schema.Object(
      {
        policy: Schema.String({ description: 'Name of a policy.', examples: ['web-cors'] }),
        mode: Schema.Optional(
          Choice(['enforce', 'shadow', 'off'], {
            description: 'What the verdicts count for here; absent: as the policy says.',
          }),
        ),
        when: Schema.Optional(When),
      },
      closed('A policy with its mode and condition at this level.'),
    ),
    Schema.Object(
      {
        select: Schema.Record(Schema.String(), Schema.String(), {
          description: 'Every policy with all of these labels, in document order.',
          minProperties: 1,
          examples: [{ kind: 'limit' }],
        }),
        mode: Schema.Optional(
          Choice(['enforce', 'shadow', 'off'], {
            description: 'What the verdicts of all of them count for here; absent: as each policy says.',
          }),
        ),
        when: Schema.Optional(When),
      },
      closed('Policies by their labels, with their mode and condition at this level.'),
    ),
  ],
  { examples: ['web-cors'] },
);

const policies = Schema.Optional(
  Schema.Array(Entry, {
    description:
      'Policies of this level in run order; inherit is where the list of the wider level runs, absent: before.',
    examples: [['web-cors', 'inherit']],
  }),
);

const skip = Schema.Optional(
  Schema.Array(Schema.String(), { description: 'Inherited policies that do not run here.', examples: [['web-cors']] }),
);

const Gateway = Schema.Object(
  {
    policies,
    allowEmpty: Schema.Optional(
      Schema.Boolean({ description: 'Accept a document without API groups.', default: false }),
    ),
    require: Require('Invariants: a document that breaks one is refused.'),
  },
  closed('Holds for every API group.', { examples: [{ policies: ['web-cors'] }] }),
);

/** A policy, as people write it. */
export const Policy = Schema.Object(
  {
    name: Name('Unique; in logs, metrics, decisions.', 'web-cors'),
    plugin: Schema.String({ description: 'Name of the plugin: the code behind the policy.', examples: ['cors'] }),
    labels: Schema.Optional(LabelMap('Free words; lists can select by them.')),
    mode: Schema.Optional(
      Choice(['enforce', 'shadow', 'off'], {
        description: 'shadow runs and is counted but changes nothing; off is as if it were not attached.',
        default: 'enforce',
      }),
    ),
    when: Schema.Optional(When),
    locked: Schema.Optional(
      Schema.Boolean({ description: 'No narrower level may skip or displace it.', default: false }),
    ),
    onError: Schema.Optional(
      Choice(['refuse', 'skip'], {
        description: 'What happens to a request when this policy fails or is late.',
        default: 'refuse',
      }),
    ),
    timeout: Schema.Optional(Duration('Time that one step may take.', { default: '1s' })),
    config: Schema.Optional(Schema.Unknown({ description: 'What the plugin takes; absent: nothing.' })),
    tests: Tests('Tests of this policy: run by postern test, by postern check and before every reload.'),
  },
  closed('A named, labelled use of a plugin with its config.'),
);

const Route = Schema.Object(
  {
    name: Name('Unique in its API group.', 'list'),
    path: Text('Below the base path: literal segments, {param} segments, at most one /* at the end.', {
      examples: ['/items/{id}'],
    }),
    methods: Schema.Optional(
      Schema.Array(Text('A method.', { examples: ['GET'] }), {
        description: 'Methods, case-sensitive; GET implies HEAD; absent: all.',
        minItems: 1,
        examples: [['GET', 'POST']],
      }),
    ),
    headers: Schema.Optional(
      Schema.Record(Schema.String(), Schema.String(), {
        description: 'Request headers that must have exactly these values; preflights ignore them.',
        examples: [{ 'x-beta': '1' }],
      }),
    ),
    labels: Schema.Optional(LabelMap('Free words.')),
    policies,
    skip,
  },
  closed('One operation of an API group.', { later: { when: LATER }, examples: [{ name: 'list', path: '/items' }] }),
);

const Group = Schema.Object(
  {
    name: Name('Unique; in logs, metrics, decisions.', 'storefront'),
    labels: Schema.Optional(LabelMap('Free words.')),
    hosts: Schema.Optional(
      Schema.Array(Text('A host name.', { examples: ['shop.example.com'] }), {
        description: 'Host names, or *.example.com for every name below one; absent: any.',
        minItems: 1,
        examples: [['shop.example.com']],
      }),
    ),
    listeners: Schema.Optional(
      Schema.Array(Schema.String(), {
        description: 'Names of listeners; absent: all.',
        minItems: 1,
        examples: [['public']],
      }),
    ),
    basePath: Schema.Optional(Text('Path in front of every route.', { default: '/', examples: ['/shop'] })),
    stripBasePath: Schema.Optional(
      Schema.Boolean({ description: 'Send the path without the base path.', default: false }),
    ),
    encodedSlash: Schema.Optional(Schema.Boolean({ description: 'Take paths that hold %2F.', default: false })),
    preserveHost: Schema.Optional(
      Schema.Boolean({ description: "Send the client's Host; absent: as the upstream says." }),
    ),
    upstream: Schema.String({ description: 'Name of the upstream.', examples: ['shop'] }),
    policies,
    skip,
    routes: Schema.Optional(
      Schema.Array(Route, {
        description: 'Operations; absent: one route, everything under the base path.',
        minItems: 1,
      }),
    ),
  },
  closed('One API as its clients see it: hosts, base path, routes, upstream.', { later: { when: LATER } }),
);

/** A known caller, as people write it. */
const Consumer = Schema.Object(
  {
    name: Name('Unique; in logs, metrics, decisions, and upstream as x-consumer-name.', 'partner-a'),
    labels: Schema.Optional(LabelMap('Free words: groups of consumers; conditions read them.')),
    credentials: Schema.Optional(
      Schema.Record(Schema.String(), Schema.Array(Schema.Unknown()), {
        description:
          'How it is known: for each plugin that identifies callers a list of credentials, as the plugin takes them.',
        examples: [{ 'key-auth': [{ key: '${env:PARTNER_KEY}' }] }],
      }),
    ),
    policies: Schema.Optional(
      Schema.Array(Entry, {
        description:
          'Policies that run right after the one that identified the consumer; those that ran before are not repeated.',
        examples: [['partner-limit']],
      }),
    ),
  },
  closed('A known caller: how it is recognised, and what runs once it is.'),
);

/** The whole document, as people write it. */
export const Document = Schema.Object(
  {
    server: Schema.Optional(Server),
    gateway: Schema.Optional(Gateway),
    upstreams: Schema.Optional(Schema.Array(Upstream, { description: 'Named backends.' })),
    policies: Schema.Optional(Schema.Array(Policy, { description: 'Named uses of plugins.' })),
    consumers: Schema.Optional(Schema.Array(Consumer, { description: 'Known callers.' })),
    apiGroups: Schema.Optional(Schema.Array(Group, { description: 'The APIs this gateway serves.' })),
    tests: Tests('Tests of all policies together; run as those beside a policy.'),
  },
  closed('A Postern document.', { examples: [{ upstreams: [], apiGroups: [] }] }),
);

export type DocumentText = Static<typeof Document>;
export type ServerText = Static<typeof Server>;
export type UpstreamText = Static<typeof Upstream>;
export type PolicyText = Static<typeof Policy>;
export type GroupText = Static<typeof Group>;
export type ConsumerText = Static<typeof Consumer>;
export type RouteText = Static<typeof Route>;
export type EntryText = Static<typeof Entry>;
