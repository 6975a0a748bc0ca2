import { Choice, Schema } from '@postern/kit';
import type { Static } from '@postern/kit';

const Rule = Schema.Object(
  {
    name: Schema.Optional(
      Schema.String({
        description: 'How decisions, log and metrics call the rule. Absent: by its number.',
        pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
        wants: 'a name of lower-case letters, digits and hyphens, 63 characters at most',
        examples: ['admins'],
      }),
    ),
    when: Schema.String({
      description: 'CEL expression over request, consumer, claims, params, group and route.',
      minLength: 1,
      examples: ["'admin' in claims.roles"],
    }),
    action: Choice(['allow', 'deny'], { description: 'What becomes of a request for which the expression is true.' }),
  },
  { additionalProperties: false, description: 'A condition, and what becomes of a request that meets it.' },
);

/** What people write. */
export const authorizeConfig = Schema.Object(
  {
    rules: Schema.Array(Rule, {
      description: 'Asked in the written order; the first one whose expression is true decides.',
      minItems: 1,
      maxItems: 100,
      examples: [[{ name: 'admins', when: "'admin' in claims.roles", action: 'allow' }]],
    }),
    default: Schema.Optional(
      Choice(['allow', 'deny'], {
        description: 'What becomes of a request for which no expression is true.',
        default: 'deny',
      }),
    ),
  },
  { additionalProperties: false },
);

/** The config of one policy, checked against the schema. */
export type AuthorizeConfig = Static<typeof authorizeConfig>;
