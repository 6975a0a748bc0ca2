/** Chance as `chance` of the test kit gives it. */
export type Chance = () => number;

/** A request as a client would write it. */
export interface RandomRequest {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What no decision may show. */
export const PLANTED = 'pl4nted-s3cret';

function pick<Value>(random: Chance, [first, ...rest]: readonly [Value, ...Value[]]): Value {
  const at = Math.floor(random() * (rest.length + 1));
  return at === 0 ? first : (rest[at - 1] ?? first);
}

const often = (random: Chance, share: number): boolean => random() < share;

/**
 * A document that uses every built-in plugin, at every level, in an order of chance. `targets`: where its upstreams are.
 * The server section is the caller's.
 */
export function randomDocument(random: Chance, targets: string): Readonly<Record<string, unknown>> {
  const names = ['id', 'log', 'web', 'web2', 'mark', 'strip', 'twice', 'shape', 'dress'];
  const some = (share: number): string[] =>
    names.filter(() => often(random, share)).toSorted(() => (often(random, 0.5) ? 1 : -1));
  const withInherit = (share: number): readonly string[] => {
    // Two of a single plugin at one level are refused.
    const list = some(share).filter((name, _at, all) => name !== 'web2' || !all.includes('web'));
    return often(random, 0.5) ? ['inherit', ...list] : list;
  };
  const groups = ['one', 'two', 'three'].slice(0, 1 + Math.floor(random() * 3)).map((name, at) => ({
    name,
    ...(often(random, 0.3) ? { hosts: [pick(random, ['a.test', '*.b.test'])] } : {}),
    basePath: `/${pick(random, ['', 'shop', 'shop/deep'])}${at === 0 ? '' : `/${name}`}`.replace('//', '/'),
    stripBasePath: often(random, 0.5),
    encodedSlash: often(random, 0.3),
    upstream: pick(random, ['up', 'up', 'echo']),
    policies: withInherit(0.3),
    ...(often(random, 0.6) ? { routes: routesOf(random, withInherit) } : {}),
  }));
  return {
    gateway: { policies: some(0.4).filter((name) => name !== 'web2') },
    upstreams: [
      { name: 'up', targets: [targets], preserveHost: often(random, 0.3) },
      { name: 'echo', builtin: 'echo' },
    ],
    policies: [
      {
        name: 'id',
        plugin: 'request-id',
        config: { trust: often(random, 0.5), header: pick(random, ['x-request-id', 'x-id']) },
      },
      { name: 'log', plugin: 'access-log', config: { sampleSuccess: pick(random, [0, 0.5, 1]) } },
      { name: 'web', plugin: 'cors', config: corsConfig(random) },
      { name: 'web2', plugin: 'cors', mode: pick(random, ['enforce', 'off']), config: corsConfig(random) },
      {
        name: 'mark',
        plugin: 'headers',
        config: {
          request: { set: { 'x-mark': 'm', authorization: PLANTED }, add: { 'x-list': 'b' } },
          response: { set: { 'x-mark': 'm' }, add: { vary: 'X-Mark', 'set-cookie': `id=${PLANTED}` } },
        },
      },
      { name: 'strip', plugin: 'headers', config: { request: { remove: ['x-beta'] }, response: { remove: ['x-up'] } } },
      { name: 'twice', plugin: 'headers', config: { response: { add: { 'x-list': 'a' } } } },
      {
        name: 'shape',
        plugin: 'transform-request',
        config: {
          headers: {
            set: { 'x-shape': "{{ params.id }} {{ request.headers['x-beta'] }}" },
            rename: { 'x-beta': 'x-was' },
          },
          query: { set: { shape: '{{ request.query.page }}' } },
          path: { pattern: '^/items', replacement: '/things' },
        },
      },
      {
        name: 'dress',
        plugin: 'transform-response',
        config: { headers: { set: { 'x-path': '{{ request.path }}' }, rename: { 'x-up': 'x-down' } } },
      },
    ],
    apiGroups: groups,
  };
}

function routesOf(random: Chance, list: (share: number) => readonly string[]): readonly unknown[] {
  return ['r1', 'r2', 'r3', 'r4'].slice(0, 1 + Math.floor(random() * 4)).map((name) => ({
    name,
    path: pick(random, ['/items', '/items/{id}', '/items/{id}/parts', '/*', '/items/*']),
    ...(often(random, 0.6)
      ? { methods: pick(random, [['GET'], ['GET', 'PUT'], ['POST'], ['DELETE', 'OPTIONS']]) }
      : {}),
    ...(often(random, 0.2) ? { headers: { 'x-beta': '1' } } : {}),
    ...(often(random, 0.4) ? { policies: list(0.25) } : {}),
  }));
}

function corsConfig(random: Chance): unknown {
  return {
    ...(often(random, 0.8) ? { allowOrigins: ['https://app.example.com', 'https://*.example.org'] } : {}),
    ...(often(random, 0.5) ? { allowMethods: ['GET', 'PUT'] } : {}),
    ...(often(random, 0.5) ? { allowHeaders: ['content-type', 'x-beta'] } : {}),
    requireOrigin: often(random, 0.2),
    enforcement: pick(random, ['browser', 'strict']),
  };
}

/** A request that has a fair chance to meet a document of `randomDocument`, credentials and tokens in it. */
export function randomRequest(random: Chance): RandomRequest {
  const headers: (readonly [string, string])[] = [];
  const maybe = (share: number, name: string, value: string): void =>
    void (often(random, share) && headers.push([name, value]));
  const method = pick(random, ['GET', 'GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'OPTIONS']);
  maybe(
    0.6,
    'Origin',
    pick(random, ['https://app.example.com', 'https://a.b.example.org', 'https://evil.example', 'null']),
  );
  maybe(method === 'OPTIONS' ? 0.7 : 0.05, 'Access-Control-Request-Method', pick(random, ['GET', 'PUT', 'PATCH']));
  maybe(0.2, 'Access-Control-Request-Headers', pick(random, ['content-type', 'x-beta', 'x-other']));
  maybe(0.3, 'Authorization', `Bearer ${PLANTED}`);
  maybe(0.3, 'Cookie', `session=${PLANTED}`);
  maybe(0.3, 'X-Beta', pick(random, ['1', '2']));
  maybe(0.3, 'X-Request-Id', `client-${Math.floor(random() * 1e9)}`);
  const base = pick(random, ['', '', '/shop', '/shop/deep', '/two', '/shop/two', '/three']);
  const path = pick(random, often(random, 0.15) ? ODD_PATHS : ['/items', '/items/7', '/items/7/parts', '/%7Euser']);
  const target = `${base}${path}` || '/';
  return {
    method,
    target: often(random, 0.4) ? `${target}?page=2&token=${PLANTED}` : target,
    host: pick(random, ['a.test', 'x.b.test', 'c.test']),
    headers,
  };
}

const ODD_PATHS: readonly [string, ...string[]] = ['/items/a%2Fb', '/items/7/', '/a/../b', '/a//b', '/nothing', ''];
