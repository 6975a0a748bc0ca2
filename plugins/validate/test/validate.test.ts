import { gzipSync } from 'node:zlib';
import { testContext, tryPlugin } from '@postern/kit/testkit';
import type { Answer, Setting, TriedRequest } from '@postern/kit/testkit';
import validate from '@postern/plugin-validate';
import { test } from 'tap';

const JSON_TYPE = { 'content-type': 'application/json' };

async function send(config: object, request: TriedRequest = {}, setting: Setting = {}): Promise<Answer> {
  return tryPlugin(validate, { config, ...setting }).send(request);
}

function post(body: unknown, headers: Record<string, string> = JSON_TYPE): TriedRequest {
  return { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** What a client reads of a refusal; `ok` where the request went upstream. */
function said({ status, body, upstream }: Answer): string {
  if (upstream !== undefined) return 'ok';
  const { code, detail } = JSON.parse(body);
  return `${status} ${code}: ${detail}`;
}

function codes(config: object): readonly string[] {
  return tryPlugin(validate, { config }).issues.map(
    ({ code, pointer }) => `${code} ${pointer.replace('/policies/0/config', '')}`,
  );
}

const ITEM = {
  type: 'object',
  required: ['name', 'price'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 20 },
    price: { type: 'number', minimum: 0 },
    tags: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' }, maxItems: 3, uniqueItems: true },
    kind: { enum: ['a', 'b'] },
  },
  additionalProperties: false,
};

test('a body that fits goes upstream as it came, and one that does not is refused with place and rule, never its value', async (t) => {
  const tried = tryPlugin(validate, { config: { body: ITEM } });
  const fits = await tried.send(post({ name: 'secret', price: 1, tags: ['a', 'b'], kind: 'a' }));
  t.equal(said(fits), 'ok');
  t.equal(fits.upstream?.body, '{"name":"secret","price":1,"tags":["a","b"],"kind":"a"}');
  const rows: readonly (readonly [unknown, string])[] = [
    [{ price: 1 }, '/name is required'],
    [{ name: 'secret', price: -7 }, '/price must be at least 0'],
    [{ name: 'secret', price: 'secret' }, '/price must be a number'],
    [{ name: '', price: 1 }, '/name must have at least 1 characters'],
    [{ name: 'a', price: 1, tags: ['SECRET'] }, '/tags/0 must match the pattern'],
    [{ name: 'a', price: 1, tags: ['a', 'a'] }, '/tags must not have the same item twice'],
    [{ name: 'a', price: 1, kind: 'secret' }, '/kind must be one of the values that are allowed'],
    [{ name: 'a', price: 1, 'x/y~': 'secret' }, '/x~1y~0 is not allowed'],
    [[], 'it must be an object'],
    ['"secret"', 'it must be an object'],
    [{ name: 1, price: 'x' }, '/name must be a text; /price must be a number'],
  ];
  for (const [body, words] of rows) {
    const answer = await tried.send(post(body));
    t.equal(said(answer), `400 validate/body: The body does not fit: ${words}.`);
    t.notMatch(answer.body, /secret/i);
    t.equal(answer.decision.answer.detail, JSON.parse(answer.body).detail);
  }
});

test('at most five faults are named', async (t) => {
  const body = { type: 'array', items: { type: 'integer' } };
  t.equal(
    said(await send({ body }, post(['a', 'b', 'c', 'd', 'e', 'f']))),
    `400 validate/body: The body does not fit: ${[0, 1, 2, 3, 4].map((at) => `/${at} must be a whole number`).join('; ')}; and more.`,
  );
});

test('the status of what does not fit can be 422; what cannot be read stays 400', async (t) => {
  const config = { body: ITEM, status: 422 };
  t.match(said(await send(config, post({}))), /^422 validate\/body: /);
  t.equal(JSON.parse((await send(config, post({}))).body).title, 'Unprocessable Content');
  t.equal(said(await send(config, post('{'))), '400 validate/body: The body is not JSON.');
});

test('what two readers could understand in two ways is refused before any schema is asked', async (t) => {
  const tried = tryPlugin(validate, { config: { body: {}, maxDepth: 4 } });
  const rows: readonly (readonly [string | Uint8Array, string])[] = [
    ['{"a":1,"b":2,"a":3}', 'has the same name twice in one object'],
    ['{"a":1,"\\u0061":3}', 'has the same name twice in one object'],
    ['[{"x":{"a":1,"a":1}}]', 'has the same name twice in one object'],
    ['\ufeff{}', 'begins with a byte order mark'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'is not UTF-8'],
    [new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'is not UTF-8'],
    ['1e999', 'has a number that is too large'],
    ['{"a":[-1E+400]}', 'has a number that is too large'],
    ['[[[[[]]]]]', 'has more than 4 lists and objects inside one another'],
    ['{"a":', 'is not JSON'],
    ['{"a":1}}', 'is not JSON'],
    ["{'a':1}", 'is not JSON'],
    ['[1,]', 'is not JSON'],
    ['"\\', 'is not JSON'],
    ['NaN', 'is not JSON'],
    [' ', 'is not JSON'],
  ];
  for (const [body, words] of rows)
    t.equal(
      said(await tried.send({ method: 'POST', headers: JSON_TYPE, body })),
      `400 validate/body: The body ${words}.`,
    );
  for (const body of [
    '[[[[]]]]',
    '{"a":1,"b":{"a":1},"c":"\\"a\\":1,","d":["{","a"]}',
    'null',
    '" \\\\"',
    '1e308',
    '[{"a":1},{"a":1}]',
  ])
    t.equal(said(await tried.send(post(body))), 'ok', body);
});

test('a hundred thousand lists inside one another, deep or wide, cost little and break nothing', async (t) => {
  const tree = { $defs: { node: { type: 'array', items: { $ref: '#/$defs/node' } } }, $ref: '#/$defs/node' };
  const tried = tryPlugin(validate, { config: { body: tree, maxDepth: 512 } });
  const words = '400 validate/body: The body has more than 512 lists and objects inside one another.';
  t.equal(said(await tried.send(post('['.repeat(100_000) + ']'.repeat(100_000)))), words);
  t.equal(said(await tried.send(post('['.repeat(100_000)))), words);
  t.equal(said(await tried.send(post('{"a":'.repeat(100_000)))), words);
  t.equal(said(await tried.send(post('['.repeat(512) + ']'.repeat(512)))), 'ok');
  t.equal(said(await tried.send(post(`[${'[],'.repeat(100_000)}[]]`))), 'ok');
  t.match(said(await tried.send(post(`[${'1,'.repeat(100_000)}1]`))), /: \/0 must be a list\.$/);
});

test('names such as __proto__ are data, reach no prototype, and are only there where the body has them', async (t) => {
  const body = {
    type: 'object',
    properties: { constructor: { type: 'object' }, toString: { type: 'string' }, a: {} },
    additionalProperties: false,
  };
  const tried = tryPlugin(validate, { config: { body } });
  t.equal(said(await tried.send(post('{"a":1}'))), 'ok');
  t.match(said(await tried.send(post('{"__proto__":{"polluted":true}}'))), '/__proto__ is not allowed');
  t.match(said(await tried.send(post('{"constructor":1}'))), '/constructor must be an object');
  t.match(said(await tried.send(post('{"hasOwnProperty":1}'))), '/hasOwnProperty is not allowed');
  t.equal(said(await tried.send(post('{"constructor":{"prototype":{"polluted":true}}}'))), 'ok');
  t.equal(Reflect.get({}, 'polluted'), undefined);
  const required = { body: { type: 'object', required: ['constructor', 'toString', '__proto__'] } };
  t.match(
    said(await send(required, post('{}'))),
    '/constructor is required; /toString is required; /__proto__ is required',
  );
  t.equal(said(await send(required, post('{"constructor":1,"toString":1,"__proto__":1}'))), 'ok');
});

test('a member that breaks a comparison refuses the request, and is no failure of the policy', async (t) => {
  const config = { body: { enum: [{ a: 1 }] } };
  t.equal(said(await send(config, post('{"a":1}'))), 'ok');
  t.match(said(await send(config, post('{"valueOf":1}'))), /^400 validate\/body: /);
  t.match(said(await send(config, post('{"toString":1}'))), /^400 validate\/body: /);
});

test('patterns run in linear time, and those that cannot are refused when the document loads', async (t) => {
  const evil = tryPlugin(validate, { config: { body: { type: 'string', pattern: '^(a+)+$' } } });
  const began = performance.now();
  t.match(said(await evil.send(post(`"${'a'.repeat(900_000)}!"`))), 'must match the pattern');
  t.ok(performance.now() - began < 20_000, 'not a power of the length');
  t.same(codes({ body: { pattern: '(?=a)b' } }), ['validate/pattern /body/pattern']);
  t.same(codes({ body: { pattern: '(a)\\1' } }), ['validate/pattern /body/pattern']);
  t.same(codes({ body: { patternProperties: { '(?!x)': true } } }), ['validate/pattern /body/patternProperties/(?!x)']);
  t.same(codes({ body: { pattern: '((a{100}){100}){100}' } }), ['validate/pattern /body/pattern']);
  t.same(codes({ body: { properties: { pattern: { type: 'string' } } } }), [], 'a member may have that name');
});

test('formats run in linear time as well', async (t) => {
  const began = performance.now();
  for (const format of [
    'email',
    'hostname',
    'uri',
    'duration',
    'byte',
    'ipv6',
    'json-pointer',
    'uri-template',
    'date-time',
  ]) {
    const tried = tryPlugin(validate, { config: { body: { type: 'string', format } } });
    t.match(
      said(await tried.send(post(`"${'a'.repeat(300_000)}${format === 'uri-template' ? '{' : '@'}"`))),
      `must be in the format ${format}`,
    );
  }
  t.ok(performance.now() - began < 30_000);
  const good = {
    email: 'a@example.com',
    hostname: 'a-b.example.com',
    uri: 'https://example.com/a?b#c',
    url: 'https://example.com',
    duration: 'P1DT2H',
    byte: 'YWJj',
    ipv4: '192.0.2.1',
    ipv6: '2001:db8::1',
    uuid: '123e4567-e89b-12d3-a456-426614174000',
    date: '2026-02-28',
    'date-time': '2026-02-28T10:00:00Z',
    regex: '^a+$',
  };
  for (const [format, text] of Object.entries(good)) {
    const tried = tryPlugin(validate, { config: { body: { type: 'string', format } } });
    t.equal(said(await tried.send(post(JSON.stringify(text)))), 'ok', format);
    t.match(said(await tried.send(post(JSON.stringify('(')))), 'in the format', format);
  }
});

test('a schema that refers to itself cannot make one body cost without bound', async (t) => {
  const tree = {
    $defs: {
      node: { type: 'object', properties: { a: { anyOf: [{ $ref: '#/$defs/node' }, { $ref: '#/$defs/node' }] } } },
    },
    $ref: '#/$defs/node',
  };
  const tried = tryPlugin(validate, { config: { body: tree } });
  t.equal(said(await tried.send(post('{"a":{"a":{}}}'))), 'ok');
  const deep = `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`;
  t.equal(
    said(await tried.send(post(deep))),
    '400 validate/body: The body does not fit: it would take too long to check.',
  );
  const circle = { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' };
  t.same(codes({ body: circle }), ['validate/schema /body']);
});

test('a list whose items must differ is looked at once, not item by item against each other', async (t) => {
  const tried = tryPlugin(validate, { config: { body: { type: 'array', uniqueItems: true } } });
  const many = Array.from({ length: 40_000 }, (_, at) => ({ id: at }));
  const began = performance.now();
  t.equal(said(await tried.send(post(many))), 'ok');
  t.ok(performance.now() - began < 10_000);
  t.match(said(await tried.send(post('[{"a":1,"b":2},{"b":2,"a":1}]'))), 'the same item twice');
  t.equal(said(await tried.send(post('[1,"1",true,"true",null,"null",[1],{"0":1},"[1]"]'))), 'ok');
});

test('a body of another media type is 415, before a byte of it is read, or passes where the config says so', async (t) => {
  const config = { body: ITEM };
  const refused = '415 validate/content-type: The media type of the body is not accepted.';
  for (const type of ['text/plain', 'application/xml', 'application/jsonx', 'application/json, text/plain', 'json', ''])
    t.equal(said(await send(config, post('x', { 'content-type': type }))), refused, type);
  t.equal(said(await send(config, post('x', {}))), refused);
  t.equal(said(await send({ ...config, otherContentTypes: 'pass' }, post('x', { 'content-type': 'text/csv' }))), 'ok');
  for (const type of [
    'Application/JSON; charset="UTF-8"',
    'application/merge-patch+json',
    'application/json;charset=utf-8',
  ])
    t.match(said(await send(config, post({}, { 'content-type': type }))), /^400 validate\/body/, type);
  t.equal(
    said(await send(config, post({}, { 'content-type': 'application/json; charset=utf-16' }))),
    '415 validate/content-type: JSON is accepted in UTF-8 only.',
  );
  const own = { ...config, contentTypes: ['application/vnd.shop.v1+json', 'text/*'] };
  t.equal(said(await send(own, post({}))), refused);
  t.match(said(await send(own, post({}, { 'content-type': 'text/json' }))), /^400 validate\/body/);
});

test('a body is required of POST, PUT and PATCH, and never of GET', async (t) => {
  const missing = '400 validate/body: The body is missing, and it is required.';
  for (const method of ['POST', 'PUT', 'PATCH']) {
    t.equal(said(await send({ body: ITEM }, { method })), missing);
    t.equal(said(await send({ body: ITEM }, { method, body: '', headers: JSON_TYPE })), missing);
    t.equal(said(await send({ body: ITEM, bodyRequired: false }, { method })), 'ok');
  }
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS'])
    t.equal(said(await send({ body: ITEM }, { method })), 'ok');
  t.match(said(await send({ body: ITEM }, { ...post({}), method: 'DELETE' })), '/name is required');
});

test('a body over maxBody is 413, coded or not', async (t) => {
  const config = { body: {}, maxBody: '1KiB' };
  t.equal(said(await send(config, post(`"${'a'.repeat(1022)}"`))), 'ok');
  t.match(said(await send(config, post(`"${'a'.repeat(1023)}"`))), /^413 gateway\/body-too-large/);
  t.ok(gzipSync('a'.repeat(5000)).length < 1024);
});

test('without a schema of the body nothing of it is read', async (t) => {
  t.same(Object.keys(validate.compile({ query: {} }, testContext())), ['request']);
  t.same(Object.keys(validate.compile({ body: {} }, testContext())), ['request', 'requestBody']);
});

test('values of a query are read by the types of the schema', async (t) => {
  const query = {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      ratio: { type: ['number', 'null'] },
      all: { type: 'boolean' },
      tags: { type: 'array', items: { $ref: '#/$defs/tag' }, maxItems: 2 },
      q: { type: 'string', maxLength: 5 },
    },
    required: ['limit'],
    additionalProperties: false,
    $defs: { tag: { type: 'integer' } },
  };
  const tried = tryPlugin(validate, { config: { query } });
  const ask = async (text: string) =>
    said(await tried.send({ path: `/?${text}` })).replace('400 validate/query: The query does not fit: ', '');
  for (const good of [
    'limit=1',
    'limit=100&ratio=-1.5e2&all=true',
    'limit=1&ratio=',
    'limit=1&tags=1&tags=2',
    'limit=1&q=12',
    'limit=1&q=a+%20b',
    '&limit=1&',
  ])
    t.equal(await ask(good), 'ok', good);
  for (const [bad, words] of [
    ['', '/limit is required.'],
    ['limit=0', '/limit must be at least 1.'],
    ['limit=1.5', '/limit must be a whole number.'],
    ['limit=0x10', '/limit must be a whole number.'],
    ['limit=01', '/limit must be a whole number.'],
    ['limit=99999999999999999999', '/limit must be a whole number.'],
    ['limit=1&limit=2', '/limit must stand there once.'],
    ['limit=1&all=yes', '/all must be true or false.'],
    ['limit=1&tags=a', '/tags/0 must be a whole number.'],
    ['limit=1&tags=1&tags=2&tags=3', '/tags must have at most 2 items.'],
    ['limit=1&x=1', '/x is not allowed.'],
    ['limit=1&__proto__=1&constructor=2', '/__proto__ is not allowed; /constructor is not allowed.'],
  ] as const)
    t.equal(await ask(bad), words, bad);
  t.equal(await ask('limit=%zz'), '400 validate/query: The query is not percent-encoded UTF-8.');
  t.equal(await ask('limit=%ff'), '400 validate/query: The query is not percent-encoded UTF-8.');
});

test('headers are checked whatever their case, and one that came twice is not taken for a scalar', async (t) => {
  const headers = {
    type: 'object',
    properties: { 'X-Version': { type: 'integer' }, 'x-tags': { type: 'array', items: { enum: ['a', 'b'] } } },
    required: ['X-VERSION'],
  };
  const tried = tryPlugin(validate, { config: { headers } });
  t.equal(said(await tried.send({ headers: { 'x-version': '2', 'x-tags': 'a, b' } })), 'ok');
  t.equal(said(await tried.send({})), '400 validate/headers: The headers do not fit: /x-version is required.');
  t.match(said(await tried.send({ headers: { 'X-Version': 'two' } })), '/x-version must be a whole number');
  t.match(
    said(await tried.send({ headers: { 'X-Version': '2', 'x-VERSION': '3' } })),
    '/x-version must stand there once',
  );
  t.match(said(await tried.send({ headers: { 'x-version': '2', 'x-tags': 'a,c' } })), '/x-tags/1 must be one of');
});

test('params of the route are decoded and checked', async (t) => {
  const config = {
    params: { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string', pattern: '^[a-z ]+$' } } },
  };
  const setting = { path: '/{id}/{name}' };
  t.equal(said(await send(config, { path: '/12/a%20b' }, setting)), 'ok');
  t.equal(
    said(await send(config, { path: '/x/a' }, setting)),
    '400 validate/params: The path does not fit: /id must be a whole number.',
  );
  t.match(said(await send(config, { path: '/1/%C3%A9' }, setting)), '/name must match the pattern');
  t.equal(
    said(await send(config, { path: '/1/%FF' }, setting)),
    '400 validate/params: The path is not percent-encoded UTF-8.',
  );
});

test('drafts 2020-12 and 07 differ where they do', async (t) => {
  const modern = { prefixItems: [{ type: 'integer' }], items: false };
  t.equal(said(await send({ body: modern }, post('[1]'))), 'ok');
  t.match(said(await send({ body: modern }, post('[1,2]'))), 'at most 1 items');
  const old = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    items: [{ type: 'integer' }],
    additionalItems: false,
  };
  t.equal(said(await send({ body: old }, post('[1]'))), 'ok');
  t.match(said(await send({ body: old }, post('[1,2]'))), 'at most 1 items');
  t.same(codes({ body: { $schema: 'http://json-schema.org/draft-04/schema#' } }), ['validate/dialect /body/$schema']);
});

test('shapes of a choice that were not meant do not speak', async (t) => {
  const body = { anyOf: [{ type: 'null' }, { type: 'object', required: ['a'] }] };
  t.equal(
    said(await send({ body }, post('{}'))),
    '400 validate/body: The body does not fit: /a is required; it must fit one of the shapes that are allowed.',
  );
});

test('everything that is wrong with schemas is an issue when the document loads, all of it at once', async (t) => {
  t.same(codes({}), ['validate/nothing-to-check ']);
  t.same(
    codes({
      body: { typ: 'object', properties: { a: { type: 'strin' }, b: { format: 'emial' } }, required: 'a' },
    }).toSorted(),
    [
      'validate/format /body/properties/b/format',
      'validate/keyword /body/typ',
      'validate/schema /body/properties/a/type',
      'validate/schema /body/properties/a/type',
      'validate/schema /body/required',
    ],
  );
  t.same(codes({ query: { $ref: 'https://example.com/schema.json' } }), ['validate/reference /query/$ref']);
  t.same(codes({ query: { $ref: './other.json#/a' } }), ['validate/reference /query/$ref']);
  t.same(codes({ body: { $ref: '#/$defs/none' } }), ['validate/reference /body/$ref']);
  t.same(codes({ body: { $ref: '#none' } }), ['validate/reference /body/$ref']);
  t.same(codes({ body: 'object' }), ['validate/schema /body']);
  t.same(codes({ headers: { properties: { 'X-A': {}, 'x-a': {} }, additionalProperties: false } }), [
    'validate/headers-named-twice /headers/properties/x-a',
    'validate/headers-closed /headers/additionalProperties',
  ]);
  t.same(codes({ body: {}, basePath: '/a', unknownOperation: 'pass' }), [
    'validate/two-kinds /basePath',
    'validate/two-kinds /unknownOperation',
  ]);
  t.equal(codes({ body: { $data: '1/a' } })[0], 'validate/keyword /body/$data');
  t.match(codes({ body: { minimum: { $data: '1/a' } } })[0], 'validate/schema');
  t.same(codes({ body: { $id: 'https://a.test/x', $defs: { b: { $anchor: 'here' } }, $ref: '#here' } }), []);
});

test('a schema is data: no word of it becomes code', async (t) => {
  const word = "x'];globalThis.polluted=1;//\u2028`";
  const body = {
    type: 'object',
    required: [word],
    properties: { [word]: { enum: [word, { [word]: word }], description: word } },
    patternProperties: { ['^\\x27;globalThis.polluted=1;//']: { const: word } },
    dependentRequired: { [word]: [word] },
    $defs: { [word]: { $id: 'https://a.test/`;globalThis.polluted=1', type: 'string' } },
  };
  t.same(codes({ body }), []);
  t.equal(said(await send({ body }, post({ [word]: word }))), 'ok');
  t.match(said(await send({ body }, post({}))), 'is required');
  t.equal(Reflect.get(globalThis, 'polluted'), undefined);
});

test('in shadow nothing changes, and what would have been said is known', async (t) => {
  const answer = await send({ body: ITEM }, post({}), { mode: 'shadow' });
  t.equal(said(answer), 'ok');
  t.match(JSON.stringify(answer.decision), 'validate/body');
});

test('refuses nobody for who they are, answers never, and is known to validate', async (t) => {
  t.equal(validate.guards({ body: {} }), false);
  t.equal(validate.answers?.({ body: {} }), false);
  t.same(validate.traits?.({ body: {} }), ['validates']);
  t.same(validate.traits?.({ query: {} }), []);
});
