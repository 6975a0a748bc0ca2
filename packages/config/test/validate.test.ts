import t from 'tap';
import { parse } from '../src/parse.ts';
import type { JsonSchema } from '@postern/schema';
import { validate } from '../src/validate.ts';

interface Read {
  readonly value: unknown;
  readonly found: readonly string[];
}

/** Reads a text along a schema as plugins may write them. */
function read(schema: JsonSchema, text: string): Read {
  const { tree } = parse({ text, origin: 'x', revision: 1 });
  if (tree === undefined) throw new Error('the text is YAML');
  const { value, findings } = validate(schema, { node: tree.root, path: [], references: new Map(), homesOf: () => [] });
  return { value, found: findings.map(({ path, message, fix }) => `${path.join('.')}: ${message} (${fix})`) };
}

const word = (pattern: string): JsonSchema => ({ type: 'string', pattern, wants: `what ${pattern} takes` });

t.test('of several shapes for one type, the first that fits is read', (t) => {
  const schema = { anyOf: [word('^a'), word('^b'), { type: 'integer' }] };
  t.same(read(schema, 'bee'), { value: 'bee', found: [] });
  t.same(read(schema, '5'), { value: 5, found: [] });
  t.same(read(schema, 'c').found, [
    ': found the text "c", want what ^a takes, what ^b takes or a whole number (write for example text)',
  ]);
  t.match(read(schema, 'true').found, [/^: found true, want /]);
  const lists = {
    oneOf: [
      { type: 'array', items: { type: 'string' } },
      { type: 'array', items: { type: 'integer' } },
    ],
  };
  t.same(read(lists, '[1, 2]'), { value: [1, 2], found: [] });
  t.match(read(lists, '[1, a]').found, [/^0: found the number 1, want text/]);
  t.end();
});

t.test('a schema with several types takes each of them', (t) => {
  const schema = { type: ['string', 'integer', 'null'] };
  t.same(read({ type: 'array', items: schema }, '[a, 5, ~]'), { value: ['a', 5, null], found: [] });
  t.same(read(schema, 'true').found, [': found true, want text, a whole number or nothing (put it in quotes: "true")']);
  t.end();
});

t.test('lists by position, open maps and records are read', (t) => {
  const pair = { type: 'array', items: [{ type: 'string' }, { type: 'integer' }], minItems: 2, maxItems: 2 };
  t.same(read(pair, '[a, 1]'), { value: ['a', 1], found: [] });
  t.same(read(pair, '[a]').found.length, 1);
  t.match(read(pair, '[a, 1, 2]').found, ['has more than 2 members']);
  t.same(read({ type: 'object', properties: {}, additionalProperties: true }, 'a: { b: [1] }').value, {
    a: { b: [1] },
  });
  t.same(read({ type: 'object' }, 'a: 1').value, { a: 1 });
  t.match(read({ type: 'object', additionalProperties: { type: 'integer' } }, 'a: x').found, [
    /^a: found the text "x"/,
  ]);
  t.match(read({ type: 'object', patternProperties: { '^x-': {} }, maxProperties: 1 }, 'x-a: 1\ny: 2').found, [
    'y: unknown key (write another key)',
    'has more than 1 members',
  ]);
  t.end();
});

t.test('bounds of texts and numbers are told', (t) => {
  const text = { type: 'string', minLength: 2, maxLength: 3 };
  t.match(read(text, 'a').found, ['is shorter than 2']);
  t.match(read(text, 'abcd').found, ['is longer than 3']);
  t.match(read({ type: 'number', exclusiveMaximum: 5, multipleOf: 0.5 }, '5').found, ['want less than 5']);
  t.match(read({ type: 'number', multipleOf: 2 }, '5').found, ['want a multiple of 2']);
  t.match(read({ type: 'number' }, '.inf').found, ['want a number']);
  t.match(read({ type: 'number' }, '.nan').found, ['want a number']);
  t.match(read({ type: 'integer' }, '1e400').found, ['want a whole number']);
  t.match(read({ type: 'integer' }, '99999999999999999999').found, ['want a whole number']);
  t.end();
});

t.test('a value that is write-only is never shown', (t) => {
  for (const text of ['[s3cr3t]', '{ s3cr3t: 1 }', '53', 'true']) {
    t.notMatch(read({ type: 'string', writeOnly: true }, text).found.join(), /s3cr3t|53/);
  }
  t.notMatch(read({ type: 'string', writeOnly: true, pattern: '^a' }, 's3cr3t').found.join(), /s3cr3t/);
  t.notMatch(read({ type: 'integer', writeOnly: true }, 's3cr3t').found.join(), /s3cr3t/);
  t.end();
});
