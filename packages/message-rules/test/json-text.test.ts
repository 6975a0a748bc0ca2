import { JsonText, parsePointer } from '@postern/message-rules';
import type { JsonEdit, JsonEdited } from '@postern/message-rules';
import { test } from 'tap';
import fc from '../../../test/kit/properties.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text after the edits, and what came of each. */
function edited(text: string, ...edits: readonly JsonEdit[]): readonly [string, ...JsonEdited[]] {
  const json = JsonText.read(bytes(text));
  if (json === undefined) throw new Error('no JSON');
  const said = edits.map((edit) => json.edit(edit));
  return [json.toText(), ...said];
}

const upsert = (pointer: readonly string[], text: string): JsonEdit => ({ kind: 'upsert', pointer, text });
const add = (pointer: readonly string[], text: string): JsonEdit => ({ kind: 'add', pointer, text });
const replace = (pointer: readonly string[], text: string): JsonEdit => ({ kind: 'replace', pointer, text });
const remove = (...pointer: readonly string[]): JsonEdit => ({ kind: 'remove', pointer });
const rename = (pointer: readonly string[], to: readonly string[]): JsonEdit => ({ kind: 'rename', pointer, to });

test('each kind of edit changes what its pointer names, and says so', async (t) => {
  const rows: readonly [name: string, text: string, edit: JsonEdit, after: string, said: JsonEdited][] = [
    ['upsert sets', '{"a":1}', upsert(['a'], '2'), '{"a":2}', 'done'],
    ['upsert puts', '{"a":1}', upsert(['b'], '2'), '{"a":1,"b":2}', 'done'],
    ['upsert puts into an empty object', '{ }', upsert(['b'], '2'), '{"b":2}', 'done'],
    ['upsert makes objects on the way', '{}', upsert(['a', 'b', '0'], '2'), '{"a":{"b":{"0":2}}}', 'done'],
    ['upsert makes a list for -', '{}', upsert(['a', '-'], '2'), '{"a":[2]}', 'done'],
    ['upsert goes through what is no container', '{"a":"x"}', upsert(['a', 'b'], '2'), '{"a":{"b":2}}', 'done'],
    ['upsert goes through null', '{"a":null}', upsert(['a', 'b'], '2'), '{"a":{"b":2}}', 'done'],
    ['upsert sets in a list', '[1,2]', upsert(['1'], '3'), '[1,3]', 'done'],
    ['upsert appends for -', '[1]', upsert(['-'], '3'), '[1,3]', 'done'],
    ['upsert appends at the end', '[1]', upsert(['1'], '3'), '[1,3]', 'done'],
    ['upsert does not go behind the end', '[1]', upsert(['2'], '3'), '[1]', 'no-place'],
    ['upsert does not name members of lists', '[1]', upsert(['a'], '3'), '[1]', 'no-place'],
    ['upsert takes no index with a zero in front', '[1,2]', upsert(['01'], '3'), '[1,2]', 'no-place'],
    ['upsert leaves a text that is no container', '"x"', upsert(['a'], '1'), '"x"', 'no-place'],
    ['add puts where nothing is', '{}', add(['a'], '1'), '{"a":1}', 'done'],
    ['add adds to a list', '{"a":[1]}', add(['a'], '2'), '{"a":[1,2]}', 'done'],
    ['add adds to an empty list', '{"a":[ ]}', add(['a'], '2'), '{"a":[2]}', 'done'],
    ['add leaves anything else', '{"a":1}', add(['a'], '2'), '{"a":1}', 'nothing'],
    ['replace sets', '{"a":{"b":1}}', replace(['a', 'b'], '[]'), '{"a":{"b":[]}}', 'done'],
    ['replace puts nothing', '{"a":{}}', replace(['a', 'b'], '1'), '{"a":{}}', 'nothing'],
    ['remove', '{"a":1,"b":2,"c":3}', remove('b'), '{"a":1,"c":3}', 'done'],
    ['remove the only one', '{ "a":1 }', remove('a'), '{}', 'done'],
    ['remove in a list', '[1,2,3]', remove('0'), '[2,3]', 'done'],
    ['remove what is not there', '{"a":[1]}', remove('a', '1'), '{"a":[1]}', 'nothing'],
    ['remove behind a text', '{"a":"x"}', remove('a', 'length'), '{"a":"x"}', 'nothing'],
    ['rename keeps the place', '{"a":1,"b":2}', rename(['a'], ['c']), '{"c":1,"b":2}', 'done'],
    ['rename replaces what was there', '{"a":1,"b":2}', rename(['a'], ['b']), '{"b":1}', 'done'],
    ['rename to itself', '{"a":1}', rename(['a'], ['a']), '{"a":1}', 'nothing'],
    ['rename what is not there', '{"b":1}', rename(['a'], ['b']), '{"b":1}', 'nothing'],
    ['rename moves', '{"a":{"b":1}}', rename(['a', 'b'], ['c', 'd']), '{"a":{},"c":{"d":1}}', 'done'],
    ['rename moves up', '{"a":{"b":1}}', rename(['a', 'b'], ['a']), '{"a":1}', 'done'],
    ['rename moves in a list', '[1,2]', rename(['0'], ['-']), '[2,1]', 'done'],
    ['rename finds no place', '{"a":1,"b":[]}', rename(['a'], ['b', '5']), '{"a":1,"b":[]}', 'no-place'],
  ];
  for (const [name, text, edit, after, said] of rows) t.same(edited(text, edit), [after, said], name);
});

test('what no edit names keeps its very characters: numbers, escapes and white space', async (t) => {
  const text = `\n{\n  "id": 12345678901234567890,\n  "price": 1.10,\n  "huge": 1e400, "name": "\\u00e9\\/",\n  "on": true\n}\n`;
  t.same(edited(text, upsert(['x', 'y'], '1'), remove('on'), rename(['name'], ['title'])), [
    `\n{\n  "id": 12345678901234567890,\n  "price": 1.10,\n  "huge": 1e400, "title": "\\u00e9\\/",\n  "x": {"y":1}\n}\n`,
    'done',
    'done',
    'done',
  ]);
});

test('names are compared as they read, and those of prototypes are names like any other', async (t) => {
  t.same(edited('{"\\u0061":1}', remove('a')), ['{}', 'done']);
  t.same(edited('{"__proto__":{"a":1}}', upsert(['__proto__', 'b'], '2')), ['{"__proto__":{"a":1,"b":2}}', 'done']);
  t.same(edited('{}', upsert(['constructor', 'prototype', 'x'], '1')), [
    '{"constructor":{"prototype":{"x":1}}}',
    'done',
  ]);
  t.equal(Reflect.get({}, 'x'), undefined);
  t.same(edited('{"a":1}', replace(['toString'], '1')), ['{"a":1}', 'nothing']);
});

test('a name that stands twice on the way is no place to edit', async (t) => {
  const twice = '{"a":{"x":1},"\\u0061":{"x":2}}';
  for (const edit of [upsert(['a'], '1'), add(['a'], '1'), replace(['a', 'x'], '1'), remove('a', 'x'), remove('a')])
    t.same(edited(twice, edit), [twice, 'twice'], edit.kind);
  t.same(edited('{"b":1,"a":1,"a":2}', rename(['b'], ['a']))[1], 'twice');
  t.same(edited(twice, upsert(['b'], '1'))[1], 'done', 'elsewhere it does not matter');
});

test('what is no JSON, no UTF-8 or nested deeper than 128 is not read', async (t) => {
  const bad = ['', ' ', '{', '{"a":1,}', "{'a':1}", '[1] 2', 'NaN', '"\n"', `${'['.repeat(129)}${']'.repeat(129)}`];
  for (const text of bad) t.equal(JsonText.read(bytes(text)), undefined, text.slice(0, 10));
  t.equal(JsonText.read(bytes('['.repeat(1_000_000))), undefined, 'of any depth');
  t.equal(JsonText.read(Uint8Array.of(0x22, 0xff, 0x22)), undefined, 'no UTF-8');
  t.ok(JsonText.read(bytes(`${'['.repeat(128)}${']'.repeat(128)}`)));
  t.ok(JsonText.read(bytes('"[[[["')), 'brackets in a text are none');
});

test('pointers are read as RFC 6901 writes them', async (t) => {
  t.same(parsePointer('/a/b~1c/~0~01/'), ['a', 'b/c', '~~1', '']);
  for (const text of ['', 'a', 'a/b', '#/a', '/~', '/~2', '/a'.repeat(33)])
    t.equal(parsePointer(text), undefined, text);
});

/** A value in which a number is told apart from all others of the same worth by how it is written. */
type Model = string | { readonly list: readonly Model[] } | ReadonlyMap<string, Model>;

const NAMES = ['a', 'b', '0', '1', '-', '__proto__', 'x/y', 'é"\\'];

const scalar = fc.oneof(
  fc.constantFrom('true', 'false', 'null', '0', '-0', '1.0', '1e400', '123456789012345678901', '0.10'),
  fc.string().map((text) => JSON.stringify(text)),
);
const space = fc.constantFrom('', ' ', '\n  ', '\t');

const written: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie('list'), tie('object')),
  list: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  object: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), space, tie('value'), space), {
      selector: ([name]) => name,
      maxLength: 4,
    })
    .map(
      (all) =>
        `{${all.map(([name, one, value, two]) => `${one}${JSON.stringify(name)}${two}:${one}${value}${two}`).join(',')}}`,
    ),
})).value;

/** Reads a text into a model, by a parser that knows nothing of ours. */
function toModel(text: string): Model {
  const plain: unknown = JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|[^\s,:[\]{}]+/g, (token, at: number) => {
      const isName = token.startsWith('"') && /^\s*:/.test(text.slice(at + token.length));
      return isName ? token : JSON.stringify(token);
    }),
    // Names may be those of prototypes: maps in place of objects.
    (_name, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? new Map(Object.entries(value))
        : Array.isArray(value)
          ? { list: value }
          : value,
  );
  return plain as Model;
}

/** What an edit does, said in the plainest way; undefined where it changes nothing or has no place. */
function apply(model: Model, edit: JsonEdit): Model | undefined {
  if (edit.kind === 'rename') return undefined;
  const [name = '', ...rest] = edit.pointer;
  const below = childOf(model, name);
  if (edit.kind === 'remove' && rest.length === 0) return below === undefined ? undefined : withChild(model, name);
  if (rest.length === 0) {
    const { kind, text } = edit as Extract<JsonEdit, { text: string }>;
    const value = toModel(text);
    if (below === undefined) return kind === 'replace' ? undefined : withChild(model, name, value);
    if (kind !== 'add') return withChild(model, name, value);
    return typeof below === 'object' && 'list' in below
      ? withChild(model, name, { list: [...below.list, value] })
      : undefined;
  }
  const makes = edit.kind === 'upsert' || (edit.kind === 'add' && !exists(model, edit.pointer));
  const start = rest[0] === '-' ? { list: [] } : new Map<string, Model>();
  const from = makes && (below === undefined || typeof below === 'string') ? start : below;
  if (from === undefined) return undefined;
  const after = apply(from, { ...edit, pointer: rest });
  return after === undefined ? undefined : withChild(model, name, after);
}

function exists(model: Model, pointer: readonly string[]): boolean {
  let at: Model | undefined = model;
  for (const name of pointer) at = at === undefined ? undefined : childOf(at, name);
  return at !== undefined;
}

function childOf(model: Model, name: string): Model | undefined {
  if (typeof model === 'string') return undefined;
  return 'list' in model ? (/^(0|[1-9]\d*)$/.test(name) ? model.list[Number(name)] : undefined) : model.get(name);
}

function withChild(model: Model, name: string, value?: Model): Model | undefined {
  if (typeof model === 'string') return undefined;
  if ('list' in model) {
    const at = name === '-' ? model.list.length : /^(0|[1-9]\d*)$/.test(name) ? Number(name) : Infinity;
    if (at > model.list.length) return undefined;
    return { list: [...model.list.slice(0, at), ...(value === undefined ? [] : [value]), ...model.list.slice(at + 1)] };
  }
  const members = new Map(model);
  if (value === undefined) members.delete(name);
  else members.set(name, value);
  return members;
}

const anyEdit: fc.Arbitrary<JsonEdit> = fc.record({
  kind: fc.constantFrom('upsert', 'add', 'replace', 'remove'),
  pointer: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
  text: fc.constantFrom('1', '"new"', '{"k":[1]}', '[ ]'),
});

test('edits change what they name and nothing else, as a naive model does', async (t) => {
  let changes = 0;
  fc.assert(
    fc.property(written, fc.array(anyEdit, { minLength: 1, maxLength: 6 }), (text, edits) => {
      const json = JsonText.read(bytes(text));
      if (json === undefined) return false;
      let model = toModel(text);
      for (const edit of edits) {
        const isRootScalar = typeof model === 'string';
        const after = isRootScalar ? undefined : apply(model, edit);
        const said = json.edit(edit);
        if ((said === 'done') !== (after !== undefined)) return false;
        if (after !== undefined) changes += 1;
        model = after ?? model;
      }
      t.strictSame(toModel(json.toText()), model, { text, edits });
      return JsonText.read(bytes(json.toText())) !== undefined;
    }),
    { numRuns: 500 },
  );
  t.ok(changes > 200, `${changes} edits changed something`);
});

test('a move is a removal of what an upsert puts elsewhere', async (t) => {
  fc.assert(
    fc.property(written, anyEdit, anyEdit, (text, { pointer }, { pointer: to }) => {
      if (pointer.every((name, at) => name === to[at]) || to.every((name, at) => name === pointer[at])) return;
      // What goes from a list shifts the members behind it; rows above have that.
      if (pointer.slice(0, -1).every((name, at) => name === to[at])) return;
      const model = toModel(text);
      const value = pointer.reduce<Model | undefined>((at, name) => at && childOf(at, name), model);
      const json = JsonText.read(bytes(text));
      const said = json?.edit({ kind: 'rename', pointer, to });
      if (said !== 'done') {
        t.strictSame(json?.toText(), text);
        return;
      }
      const after = toModel(json?.toText() ?? '');
      if (to.at(-1) !== '-')
        t.strictSame(
          to.reduce<Model | undefined>((at, name) => at && childOf(at, name), after),
          value,
        );
    }),
    { numRuns: 300 },
  );
});
