import { Schema, Size } from '@postern/kit';
import type { TSchema } from '@postern/kit';

/** Rules of one list, and keys of one map. */
const MOST = 100;

const protocols = Schema.Optional(
  Schema.Array(Schema.Union([Schema.Literal('HTTP/1.0'), Schema.Literal('HTTP/1.1'), Schema.Literal('HTTP/2')]), {
    description: 'HTTP versions of the client on whose exchanges the policy acts. Absent: all.',
  }),
);

const operation = Schema.Union(
  [Schema.Literal('upsert'), Schema.Literal('remove'), Schema.Literal('rename'), Schema.Literal('replace')],
  {
    description:
      '`upsert` sets the value, whether there is one or not; `replace` only where there is one; `rename` gives what is there the name in `value`.',
  },
);

const value = Schema.Optional(
  Schema.Unknown({
    description:
      'The value, or the new name of a `rename`. Texts may hold templates, `{{ params.id }}`; for bodies any value, whose texts may.',
  }),
);

const key = Schema.String({
  description: 'Name of the header or query parameter; for bodies a JSON pointer, `/customer/name`.',
  minLength: 1,
});

/** The schema of one list of rules in UnifyApps' form. */
export const rulesSchema = <Location extends TSchema>(location: Location) =>
  Schema.Optional(
    Schema.Array(Schema.Object({ operation, location, key, value }, { additionalProperties: false }), {
      description: 'Edits in the order in which they are made, before those of the maps.',
      maxItems: MOST,
    }),
  );

const renames = Schema.Optional(
  Schema.Record(Schema.String(), Schema.String(), {
    description: 'Old names and the new ones, made after `remove`',
    maxProperties: MOST,
  }),
);

const removals = Schema.Optional(
  Schema.Array(Schema.String(), { description: 'What goes, first of all', maxItems: MOST }),
);

/** The schema of one map of edits whose values are texts. */
export const textEditsSchema = (description: string) =>
  Schema.Optional(
    Schema.Object(
      {
        remove: removals,
        rename: renames,
        set: Schema.Optional(
          Schema.Record(Schema.String(), Schema.String(), {
            description: 'Values that are there afterwards, whatever was',
            maxProperties: MOST,
          }),
        ),
        add: Schema.Optional(
          Schema.Record(Schema.String(), Schema.String(), {
            description: 'Values beside those that are there, last of all',
            maxProperties: MOST,
          }),
        ),
      },
      { additionalProperties: false, description },
    ),
  );

const bodyEdits = Schema.Optional(
  Schema.Object(
    {
      remove: removals,
      rename: renames,
      set: Schema.Optional(
        Schema.Record(Schema.String(), Schema.Unknown(), {
          description: 'Values by JSON pointer that are there afterwards, whatever was',
          maxProperties: MOST,
        }),
      ),
      add: Schema.Optional(
        Schema.Record(Schema.String(), Schema.Unknown(), {
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
  maxBody: Schema.Optional(
    Size('Bytes that a body to be edited may have: over it 413 for a request, 502 for a response.', {
      default: '1MiB',
    }),
  ),
  onOtherType: Schema.Optional(
    Schema.Union([Schema.Literal('skip'), Schema.Literal('refuse')], {
      description:
        'What becomes of a body to be edited that is not JSON by its `Content-Type`: it passes as it is, or the message is refused.',
      default: 'skip',
    }),
  ),
};
