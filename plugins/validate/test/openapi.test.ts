import { readFileSync } from 'node:fs';
import { tryPlugin } from '@postern/kit/testkit';
import type { Answer, TriedPlugin, TriedRequest } from '@postern/kit/testkit';
import validate from '@postern/plugin-validate';
import { test } from 'tap';

const folder = new URL('documents/', import.meta.url);
const OLD = readFileSync(new URL('shop-3.0.yaml', folder), 'utf8');
const NEW = readFileSync(new URL('shop-3.1.json', folder), 'utf8');
const JSON_TYPE = { 'content-type': 'application/json' };
const TENANT = { 'x-tenant': 't-1' };

function withDocument(openapi: unknown, more: object = {}): TriedPlugin {
  return tryPlugin(validate, { config: { openapi, ...more } });
}

function said({ status, body, upstream }: Answer): string {
  if (upstream !== undefined) return 'ok';
  const { code, detail } = JSON.parse(body);
  return `${status} ${code}: ${detail}`;
}

function codes(openapi: unknown, more: object = {}): readonly string[] {
  return withDocument(openapi, more).issues.map(
    ({ code, pointer }) => `${code} ${pointer.replace('/policies/0/config', '')}`,
  );
}

const api = (paths: object, more: object = {}) => ({ openapi: '3.1.0', info: {}, paths, ...more });

test('operations are found below the servers of the document or a base path of the config, written-out paths first', async (t) => {
  const tried = withDocument(OLD);
  t.same(tried.issues, []);
  const ask = async (path: string, headers = {}) => said(await tried.send({ path, headers }));
  t.equal(await ask('/shop/items', TENANT), 'ok');
  t.equal(await ask('/shop/v2/items', TENANT), 'ok');
  t.equal(await ask('/shop/items/12'), 'ok');
  t.equal(await ask('/shop/items/x'), '400 validate/params: The path does not fit: /id must be a whole number.');
  t.equal(await ask('/shop/items/mine'), '400 validate/query: The query does not fit: /depth is required.');
  t.equal(await ask('/shop/files/a.png'), 'ok');
  t.match(await ask('/shop/files/A.png'), '/name must match the pattern');
  t.match(await ask('/shop/files/a.gif'), '/ext must be one of');
  const unknown = '404 validate/operation: The API has no such path.';
  for (const path of ['/items', '/shop', '/shopping/items', '/shop/items/', '/shop/items/1/2', '/shop/files/.png'])
    t.equal(await ask(path), unknown, path);
  const other = withDocument(OLD, { basePath: '/api/' });
  t.equal(said(await other.send({ path: '/api/items/1' })), 'ok');
  t.equal(said(await other.send({ path: '/shop/items/1' })), unknown);
  const root = withDocument(NEW);
  t.match(said(await root.send({ path: '/orders/1' })), '/id must be in the format uuid');
});

test('what the document does not have is 404 or 405 with Allow, or passes where the config says so', async (t) => {
  const tried = withDocument(OLD);
  const answer = await tried.send({ method: 'DELETE', path: '/shop/items/1' });
  t.equal(said(answer), '405 validate/operation: The API does not have this method on the path.');
  t.equal(answer.headers['allow'], 'GET, PATCH, HEAD');
  t.equal(said(await tried.send({ method: 'HEAD', path: '/shop/items/1' })), 'ok');
  const open = withDocument(OLD, { unknownOperation: 'pass' });
  t.equal(said(await open.send({ method: 'DELETE', path: '/shop/items/1' })), 'ok');
  t.equal(said(await open.send({ path: '/elsewhere' })), 'ok');
  t.match(said(await open.send({ path: '/shop/items/x' })), '400 validate/params');
});

test('parameters are read in their styles and checked', async (t) => {
  const tried = withDocument(OLD);
  const ask = async (query: string, headers: Record<string, string> = TENANT) =>
    said(await tried.send({ path: `/shop/items?${query}`, headers })).replace(
      /^400 validate\/(\w+): The \w+ do(?:es)? not fit: /,
      '$1 ',
    );
  for (const good of [
    '',
    'limit=99',
    'ids=1,2',
    'tag=a&tag=b',
    'pipes=1%7C2',
    'filter[price]=3&filter[kind]=x',
    'where=%7B%22a%22:1%7D',
    'unknown=1&unknown=2',
  ])
    t.equal(await ask(good), 'ok', good);
  for (const [query, words] of [
    ['limit=100', 'query /limit must be less than 100.'],
    ['limit=1&limit=2', 'query /limit must stand there once.'],
    ['ids=1,b', 'query /ids/1 must be a whole number.'],
    ['ids=1&ids=x', 'query /ids/1 must be a whole number.'],
    ['tag=abcd', 'query /tag/0 must have at most 3 characters.'],
    ['pipes=1%7Cx', 'query /pipes/1 must be a whole number.'],
    ['filter[price]=x', 'query /filter/price must be a whole number.'],
    ['filter[other]=x', 'query /filter/other is not allowed.'],
    ['filter[__proto__]=x', 'query /filter/__proto__ is not allowed.'],
    ['filter[price]=1&filter[price]=2', 'query /filter/price must stand there once.'],
    ['where=%7B%7D', 'query /where/a is required.'],
    ['where=x', 'query /where is not JSON.'],
    ['where=%7B%22a%22:1,%22a%22:2%7D', 'query /where has the same name twice in one object.'],
  ] as const)
    t.equal(await ask(query), words, query);
  t.equal(await ask('', {}), 'headers /x-tenant is required.');
  t.equal(await ask('', { 'x-tenant': '1' }), 'headers /x-tenant must match the pattern.');
  t.equal(
    await ask('', { ...TENANT, cookie: 'a=b; session=abc' }),
    'cookies /session must have at least 4 characters.',
  );
  t.equal(
    await ask('', { ...TENANT, cookie: 'session=abcd; session=abce' }),
    'cookies /session must stand there once.',
  );
  t.equal(await ask('', { ...TENANT, cookie: 'session=abcd' }), 'ok');
});

test('bodies of 3.0 are checked with nullable, boolean exclusive limits and without what only answers have', async (t) => {
  const tried = withDocument(OLD);
  const add = async (body: unknown) =>
    said(
      await tried.send({
        method: 'POST',
        path: '/shop/items',
        headers: { ...TENANT, ...JSON_TYPE },
        body: JSON.stringify(body),
      }),
    ).replace('400 validate/body: The body does not fit: ', '');
  for (const more of [
    {},
    { note: null },
    { kind: null },
    { kind: 'a' },
    { owner: null },
    { owner: { name: 'x' } },
    { parts: [{ name: 'b' }] },
    { price: 0.1 },
    { color: 'any' },
    { id: 4 },
  ])
    t.equal(await add({ name: 'Tea', ...more }), 'ok', JSON.stringify(more));
  t.equal(await add({ name: 'Tea', price: 0 }), '/price must be more than 0.');
  t.equal(await add({ name: 'Tea', kind: 'c' }), '/kind must be one of the values that are allowed.');
  t.match(await add({ name: 'Tea', owner: {} }), '/owner/name is required');
  t.equal(await add({ name: null }), '/name must be a text.');
  t.equal(
    await add({ name: 'Tea', parts: [{ name: 'a', parts: [{ nam: 'b' }] }] }),
    '/parts/0/parts/0/name is required; /parts/0/parts/0/nam is not allowed.',
  );
});

test('bodies of 3.1 are JSON Schema 2020-12', async (t) => {
  const tried = withDocument(NEW);
  const add = async (body: unknown) =>
    said(await tried.send({ method: 'POST', path: '/orders', headers: JSON_TYPE, body: JSON.stringify(body) })).replace(
      '400 validate/body: The body does not fit: ',
      '',
    );
  t.equal(await add({ lines: [{ sku: 'a' }], note: null, weight: 1 }), 'ok');
  t.equal(await add({ lines: [{}] }), '/lines/0/sku is required.');
  t.equal(await add({ lines: [{ sku: 'a' }], weight: 0 }), '/weight must be more than 0.');
  t.equal(await add({ lines: [{ sku: 'a' }], gift: true }), '/note is required where /gift is there.');
  t.equal(await add({ lines: [{ sku: 'a' }], other: 1 }), '/other is not allowed.');
});

test('the body is chosen by its media type, the narrowest first', async (t) => {
  const tried = withDocument(OLD);
  const patch = async (type: string, body: string) =>
    said(await tried.send({ method: 'PATCH', path: '/shop/items/1', headers: { 'content-type': type }, body }));
  t.match(await patch('application/merge-patch+json', '{}'), 'it must have at least 1 members');
  t.equal(await patch('text/plain', 'not JSON'), 'ok');
  t.match(await patch('text/csv', 'a'), '415 validate/content-type');
  t.equal(await patch('application/xml', '<a/>'), 'ok');
  t.equal(said(await tried.send({ method: 'PATCH', path: '/shop/items/1' })), 'ok', 'not required');
  const missing = await tried.send({ method: 'POST', path: '/shop/items', headers: TENANT });
  t.equal(said(missing), '400 validate/body: The body is missing, and it is required.');
  const lenient = withDocument(OLD, { otherContentTypes: 'pass' });
  const csv: TriedRequest = {
    method: 'PATCH',
    path: '/shop/items/1',
    headers: { 'content-type': 'text/csv' },
    body: 'a',
  };
  t.equal(said(await lenient.send(csv)), 'ok');
});

test('a document may stand in the config itself', async (t) => {
  const tried = withDocument(JSON.parse(NEW));
  t.same(tried.issues, []);
  t.match(said(await tried.send({ path: '/orders/1' })), 'format uuid');
});

test('a text that is no OpenAPI document is an issue, and nothing of the file is shown', async (t) => {
  const secret = 'hunter2: [';
  for (const text of [secret, '{"hunter2"', 'just a text', '- hunter2', 'openapi: 4.0.0', 'swagger: "2.0"', '']) {
    const { issues } = withDocument(text);
    t.match(issues, [{ code: 'validate/openapi', pointer: '/policies/0/config/openapi' }], text);
    t.notMatch(JSON.stringify(issues), 'hunter2', text);
  }
  t.match(withDocument('a: 1\nb: [\n').issues[0]?.message, /the text is no YAML \(line \d+ of it\)/);
});

test('aliases that stand for more than anything can hold end early', async (t) => {
  const levels = Array.from(
    { length: 12 },
    (_, at) =>
      `  a${at}: &a${at} [${
        at === 0
          ? 'x'
          : Array(9)
              .fill(`*a${at - 1}`)
              .join(', ')
      }]`,
  );
  t.match(withDocument(`openapi: 3.1.0\npaths: {}\nx-bomb:\n${levels.join('\n')}\n`).issues, [
    { code: 'validate/openapi' },
  ]);
});

test('everything that is wrong with a document is said at once, with its place', async (t) => {
  const get = (operation: object) => api({ '/a': { get: operation } });
  const at = '/openapi/paths/~1a/get';
  t.same(codes(get({ parameters: [{ name: 'a' }, { in: 'query' }, { $ref: '#/none' }], requestBody: {} })), [
    `validate/openapi ${at}/parameters/0`,
    `validate/openapi ${at}/parameters/1`,
    `validate/openapi ${at}/requestBody`,
  ]);
  t.same(codes(get({ parameters: {} })), [`validate/openapi ${at}/parameters`]);
  const schema = (one: object) => codes(get({ parameters: [{ name: 'a', in: 'query', schema: one }] }));
  t.same(schema({ $ref: '#/components/schemas/None' }), [`validate/reference ${at}/parameters/0/schema/$ref`]);
  t.same(schema({ $ref: 'https://example.com/a.json' }), [`validate/reference ${at}/parameters/0/schema/$ref`]);
  t.same(schema({ type: 'strin' })[0], `validate/schema ${at}/parameters/0/schema/type`);
  t.same(schema({ pattern: '(?=a)' }), [`validate/pattern ${at}/parameters/0/schema/pattern`]);
  t.same(codes(api({ a: {}, '/b/{c': {}, '/x/{a}': { get: {} }, '/x/{b}': { get: {} } })), [
    'validate/openapi /openapi/paths/a',
    'validate/openapi /openapi/paths/~1b~1{c',
  ]);
  t.same(codes(api({ '/x/{a}': { get: {} }, '/x/{b}': { get: {} } })), ['validate/openapi /openapi/paths/~1x~1{b}']);
  t.same(codes({ openapi: '3.1.0' }), ['validate/openapi /openapi/paths']);
  t.same(codes(api({}, { jsonSchemaDialect: 'https://example.com' })), ['validate/dialect /openapi/jsonSchemaDialect']);
  t.same(codes(api({}), { body: {}, contentTypes: ['a/b'] }), [
    'validate/two-kinds /body',
    'validate/two-kinds /contentTypes',
  ]);
  t.match(withDocument(JSON.stringify(get({ parameters: {} }))).issues, [
    { pointer: '/policies/0/config/openapi', message: /at \/paths\/~1a\/get\/parameters of the document/ },
  ]);
});

test('a style that is not read is a warning, and the parameter is not checked', async (t) => {
  const tried = withDocument(
    api({
      '/a/{b}': {
        get: { parameters: [{ name: 'b', in: 'path', style: 'matrix', required: true, schema: { type: 'integer' } }] },
      },
    }),
  );
  t.match(tried.issues, [{ severity: 'warning', code: 'validate/style' }]);
  t.equal(said(await tried.send({ path: '/a/;b=1' })), 'ok');
});

test('names of a document and of a request reach no prototype', async (t) => {
  const text =
    '{"openapi":"3.1.0","paths":{"/a":{"__proto__":{"polluted":1},"get":{"parameters":[{"name":"__proto__","in":"query","schema":{"type":"integer"}}]}},"__proto__":{"get":{}}}}';
  const { issues } = withDocument(text);
  t.match(issues, [{ code: 'validate/openapi', message: /a path begins with a slash/ }]);
  const tried = withDocument(text.replace(',"__proto__":{"get":{}}', ''));
  t.equal(said(await tried.send({ path: '/a?constructor=1&__proto__=1' })), 'ok');
  t.equal(Reflect.get({}, 'polluted'), undefined);
});
