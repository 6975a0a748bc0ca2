import { Schema } from '@postern/schema';
import type { Static } from '@postern/schema';
import { Text, closed } from './words.ts';

const plugins = (description: string) =>
  Schema.Optional(
    Schema.Array(Text('Name of a plugin.', { examples: ['key-auth'] }), {
      description,
      minItems: 1,
      examples: [['key-auth', 'jwt']],
    }),
  );

const Requirement = Schema.Object(
  {
    name: Schema.Optional(
      Text('How messages name it; absent: by its place in the list.', { examples: ['public-apis'] }),
    ),
    groups: Schema.Optional(
      Schema.Record(Schema.String(), Schema.String(), {
        description: 'API groups with all of these labels; absent: every API group.',
        minProperties: 1,
        examples: [{ tier: 'public' }],
      }),
    ),
    all: plugins('Every route is guarded by a policy of each of these plugins.'),
    any: plugins('Every route is guarded by a policy of at least one of these plugins.'),
    none: plugins('No route runs a policy of any of these plugins.'),
  },
  closed('One invariant: all, any or none of some plugins.', {
    examples: [{ groups: { tier: 'public' }, any: ['key-auth', 'jwt'] }],
  }),
);

/** Invariants: a document that breaks one is refused. */
export const Require = (description: string) =>
  Schema.Optional(
    Schema.Array(Requirement, { description, examples: [[{ groups: { tier: 'public' }, any: ['key-auth', 'jwt'] }]] }),
  );

export type RequirementText = Static<typeof Requirement>;
