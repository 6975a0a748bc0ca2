// Held against TypeBox itself: the same schemas, and the same word on whether a value fits.
import { Choice, Duration, fits, Schema, Size } from '@postern/schema';
import type { Static, TSchema } from '@postern/schema';
import { test } from 'tap';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import fc from '../../../test/kit/properties.ts';

/** The same schema, written with either. */
function written(with_: typeof Schema): readonly TSchema[] {
  const point = with_.Object({
    x: with_.Integer({ minimum: 0, maximum: 10 }),
    y: with_.Optional(with_.Number({ exclusiveMinimum: 0, multipleOf: 0.5 })),
    tag: with_.Optional(with_.Union([with_.Literal('a'), with_.Literal('b'), with_.Null()])),
  });
  return [
    point,
    with_.Object({}, { additionalProperties: false }),
    with_.Object({ point }, { additionalProperties: false, description: 'closed' }),
    with_.Array(with_.String({ minLength: 1, maxLength: 3 }), { minItems: 1, maxItems: 2, uniqueItems: true }),
    with_.Record(with_.String(), with_.Union([with_.String({ pattern: '^a' }), with_.Boolean()]), { maxProperties: 2 }),
    with_.Unknown(),
    with_.Null(),
    with_.Unsafe<'x' | 'y'>({ type: 'string', enum: ['x', 'y'] }),
    with_.Unsafe<string | number>({ type: ['string', 'integer'] }),
  ];
}

const members = fc.constantFrom('x', 'y', 'tag', 'point', 'a', 'more', '__proto__', 'constructor');
const leaves = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    1,
    0.5,
    -1,
    10,
    11,
    1e30,
    Number.NaN,
    '',
    'a',
    'ab',
    'x',
    'b',
    'abcd',
    {},
    [],
  ),
  fc.integer({ min: -2, max: 12 }),
  fc.string({ maxLength: 4 }),
);
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaves,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(members, tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('a schema is, word for word, what TypeBox writes', async (t) => {
  t.equal(JSON.stringify(written(Schema)), JSON.stringify(written(Type)));
});

test('a value fits where TypeBox says that it does', async (t) => {
  const pairs = written(Schema).map((schema) => ({ schema, theirs: Compile(schema) }));
  let fitting = 0;
  fc.assert(
    fc.property(values, (value) => {
      for (const { schema, theirs } of pairs) {
        const ours = fits(schema, value);
        if (ours) fitting += 1;
        if (ours !== theirs.Check(value))
          throw new Error(`${JSON.stringify(schema)} and ${JSON.stringify(value)}: ${ours}`);
      }
    }),
    { numRuns: 3000 },
  );
  t.ok(fitting > 3500, `${fitting} fit`);
});

test('what a document writes with a unit is a number by the time that it is asked about', async (t) => {
  const schema = Schema.Object({
    wait: Duration('How long.'),
    room: Schema.Optional(Size('How much.')),
    mode: Choice(['a', 'b']),
  });
  const value: Static<typeof schema> = { wait: 250, mode: 'a' };
  t.ok(fits(schema, value));
  t.ok(fits(schema, { ...value, room: 1024 }));
  t.notOk(fits(schema, { ...value, wait: '250ms' }));
  t.notOk(fits(schema, { ...value, wait: 0 }));
  t.notOk(fits(schema, { ...value, mode: 'c' }));
  t.notOk(fits(schema, { mode: 'a' }));
});

test('schemas that TypeBox wrote and those written here mix', async (t) => {
  const mixed = Schema.Object({ theirs: Type.Optional(Type.String()), ours: Schema.Optional(Schema.String()) });
  const reverse = Type.Object({ theirs: Type.Optional(Type.String()), ours: Schema.Optional(Schema.String()) });
  t.same(mixed.required ?? [], []);
  t.equal(JSON.stringify(mixed), JSON.stringify(reverse));
});

test('a member that is undefined counts as absent', async (t) => {
  const schema = Schema.Object(
    { a: Schema.Optional(Schema.String()), b: Schema.Null() },
    { additionalProperties: false },
  );
  t.ok(fits(schema, { a: undefined, b: null, c: undefined }));
  t.notOk(fits(schema, { a: 'x', b: undefined }));
});

test('types are inferred, and what does not fit them does not compile', async (t) => {
  const schema = Schema.Object({
    list: Schema.Array(Schema.Literal('a')),
    more: Schema.Optional(Schema.Record(Schema.String(), Schema.Integer())),
  });
  const good: Static<typeof schema> = { list: ['a'], more: { x: 1 } };
  // @ts-expect-error -- another word than the schema's
  const word: Static<typeof schema> = { list: ['b'] };
  // @ts-expect-error -- a text where a number belongs
  const number: Static<typeof schema> = { list: [], more: { x: '1' } };
  t.same(
    [good, word, number].map((value) => fits(schema, value)),
    [true, false, false],
  );
});

test('members of TypeBox keep their mark in objects of ours, and ours in those of TypeBox', async (t) => {
  const properties = { a: Type.Optional(Type.String()), b: Schema.Optional(Schema.String()), c: Schema.String() };
  t.same(Object.keys(properties.b), ['type'], 'the mark is no part of the JSON Schema');
  for (const { required } of [Schema.Object(properties), Type.Object(properties)]) t.same(required, ['c']);
});
