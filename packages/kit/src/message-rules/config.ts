import { Type } from 'typebox';
import type { TSchema } from 'typebox';

/** Rules of one list, and keys of one map. */
const MOST = 100;

const protocols = Type.Optional(
  Type.Array(Type.Union([Type.Literal('HTTP/1.0'), Type.Literal('HTTP/1.1'), Type.Literal('HTTP/2')]), {
    description: 'HTTP versions of the client on whose exchanges the policy acts. Absent: all.',
  }),
);

const operation = Type.Union(
  [Type.Literal('upsert'), Type.Literal('remove'), Type.Literal('rename'), Type.Literal('replace')],
  {
    description:
      '`upsert` sets the value, whether there is one or not; `replace` only where there is one; `rename` gives what is there the name in `value`.',
  },
);

const value = Type.Optional(
  Type.Unknown({
    description:
      'The value, or the new name of a `rename`. Texts may hold templates, `{{ params.id }}`; for bodies any value, whose texts may.',
  }),
);

const key = Type.String({
  description: 'Name of the header or query parameter; for bodies a JSON pointer, `/customer/name`.',
  minLength: 1,
});

/** The schema of one list of rules in UnifyApps' form. */
export const rulesSchema = <Location extends TSchema>(location: Location) =>
  Type.Optional(
    Type.Array(Type.Object({ operation, location, key, value }, { additionalProperties: false }), {
      description: 'Edits in the order in which they are made, before those of the maps.',
      maxItems: MOST,
    }),
  );

const renames = Type.Optional(
  Type.Record(Type.String(), Type.String(), {
    description: 'Old names and the new ones, made after `remove`',
    maxProperties: MOST,
  }),
);

const removals = Type.Optional(Type.Array(Type.String(), { description: 'What goes, first of all', maxItems: MOST }));

/** The schema of one map of edits whose values are texts. */
export const textEditsSchema = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        remove: removals,
        rename: renames,
        set: Type.Optional(
          Type.Record(Type.String(), Type.String(), {
            description: 'Values that are there afterwards, whatever was',
            maxProperties: MOST,
          }),
        ),
        add: Type.Optional(
          Type.Record(Type.String(), Type.String(), {
            description: 'Values beside those that are there, last of all',
            maxProperties: MOST,
          }),
        ),
      },
      { additionalProperties: false, description },
    ),
  );

const bodyEdits = Type.Optional(
  Type.Object(
    {
      remove: removals,
      rename: renames,
      set: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'Values by JSON pointer that are there afterwards, whatever was',
          maxProperties: MOST,
        }),
      ),
      add: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'Values by JSON pointer, added to the list that is there, or put where nothing is; last of all',
          maxProperties: MOST,
        }),
      ),
    },
    { additionalProperties: false, description: 'Edits of a JSON body; the body is then read whole' },
  ),
);

/** Keys that both directions have. */
export const messageKeys = {
  headers: textEditsSchema('Edits of headers'),
  body: bodyEdits,
  protocols,
  maxBody: Type.Optional(
    Type.Unsafe<number>({
      description:
        'Bytes that a body to be edited may have: over it 413 for a request, 502 for a response. 64KiB, 1MiB, or a whole number of bytes.',
      unit: 'size',
      anyOf: [{ type: 'string', pattern: '^\\d+(\\.\\d+)?(B|KB|MB|GB|KiB|MiB|GiB)$' }, { type: 'integer' }],
      minimum: 1,
      default: '1MiB',
    }),
  ),
  onOtherType: Type.Optional(
    Type.Union([Type.Literal('skip'), Type.Literal('refuse')], {
      description:
        'What becomes of a body to be edited that is not JSON by its `Content-Type`: it passes as it is, or the message is refused.',
      default: 'skip',
    }),
  ),
};
