import { Compile } from 'typebox/compile';
import t from 'tap';
import { documentSchema } from '../src/index.ts';
import { plugins } from './fixtures.ts';

const schema = documentSchema(plugins.values());
const validator = Compile(schema);

const document = (policy: object): object => ({
  upstreams: [{ name: 'shop', builtin: 'echo' }],
  policies: [policy],
  apiGroups: [{ name: 'storefront', upstream: 'shop', policies: ['a', { policy: 'a' }, { select: { a: 'b' } }] }],
});

t.test('the schema is plain JSON', (t) => {
  t.same(JSON.parse(JSON.stringify(schema)), schema);
  t.end();
});

t.test('every key has a description', (t) => {
  const bare: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, below] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, value] of Object.entries(below))
          if (!Object.hasOwn(Object(value), 'description')) bare.push(`${path}.${name}`);
      }
      if (key !== 'allOf') walk(below, key === 'properties' ? path : `${path}.${key}`);
    }
  };
  walk(schema, '');
  t.same(bare, []);
  t.end();
});

t.test("each plugin's config is checked under its name", (t) => {
  t.ok(validator.Check(document({ name: 'a', plugin: 'cors', config: { maxAge: 5 } })));
  t.notOk(validator.Check(document({ name: 'a', plugin: 'cors', config: { maxage: 5 } })));
  t.ok(validator.Check(document({ name: 'a', plugin: 'limit', config: { limit: 5 } })));
  t.notOk(validator.Check(document({ name: 'a', plugin: 'limit', config: { maxAge: 5 } })));
  t.notOk(validator.Check(document({ name: 'a', plugin: 'limit' })), 'a config with a required key is required');
  t.ok(validator.Check(document({ name: 'a', plugin: 'ids' })));
  t.ok(validator.Check(document({ name: 'a', plugin: '@acme/mine', config: { anything: 1 } })));
  t.end();
});

t.test('credentials of a consumer have the shape that their plugin takes, and any for one that is not known', (t) => {
  const consumer = (credentials: object): object => ({
    ...document({ name: 'a', plugin: 'ids' }),
    consumers: [{ name: 'ann', credentials }],
  });
  t.ok(validator.Check(consumer({ keys: [{ key: '${env:KEY}' }, { key: 'sha256:0' }] })));
  t.notOk(validator.Check(consumer({ keys: [{ kye: 'x' }] })));
  t.notOk(validator.Check(consumer({ keys: { key: 'x' } })));
  t.ok(validator.Check(consumer({ '@acme/mine': [{ anything: 1 }] })));
  t.notMatch(JSON.stringify(schema), /"secret":/);
  t.end();
});

t.test('maps are closed, and references stand wherever they are resolved', (t) => {
  t.notOk(validator.Check(document({ name: 'a', plugin: 'ids', lables: {} })));
  t.notOk(validator.Check({ ...document({ name: 'a', plugin: 'ids' }), zone: 1 }));
  t.ok(
    validator.Check(
      document({ name: 'a', plugin: 'cors', config: { maxAge: '${env:MAX_AGE}' }, locked: '${env:LOCKED}' }),
    ),
  );
  t.ok(validator.Check(document({ name: '${env:NAME}', plugin: 'ids', mode: '${env:MODE}', timeout: '${env:T}' })));
  t.ok(validator.Check(document({ name: 'a', plugin: 'ids', mode: 'off', timeout: '5s' })));
  t.notOk(validator.Check(document({ name: 'a', plugin: 'ids', mode: 'on' })));
  t.notOk(validator.Check(document({ name: 'a', plugin: 'ids', timeout: 'soon' })));
  t.end();
});

t.test('words of our own do not leave', (t) => {
  t.notMatch(JSON.stringify(schema), /"(unit|later|wants)":/);
  t.end();
});
