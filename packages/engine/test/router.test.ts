import { HeaderList } from '@postern/model';
import type { CheckedGroup, CheckedRoute } from '@postern/model';
import { test } from 'tap';
import { buildTree } from '../src/group-table.ts';
import type { GroupTable } from '../src/group-table.ts';
import { composePipeline } from '../src/pipeline.ts';
import { Router } from '../src/router.ts';

const place = { file: 'gateway.yaml', line: 1, column: 1 };

function route(name: string, path: string, more: Partial<CheckedRoute> = {}): CheckedRoute {
  return { name, path, methods: undefined, headers: [], labels: {}, pipeline: 0, absent: [], place, ...more };
}

function table(name: string, routes: readonly CheckedRoute[], more: Partial<CheckedGroup> = {}): GroupTable {
  const group: CheckedGroup = {
    name,
    labels: {},
    hosts: undefined,
    listeners: undefined,
    basePath: '/',
    stripBasePath: false,
    encodedSlash: false,
    preserveHost: undefined,
    upstream: 'up',
    routes,
    pipelines: [[]],
    place,
    ...more,
  };
  const building = buildTree(routes);
  let step = building.next();
  while (step.done !== true) step = building.next();
  return { group, tree: step.value, treeKey: '', pipelines: [], own: composePipeline([]) };
}

/** `GET host/path` -> `group/route`, `405 Allow`, `404 group` or `404`. */
function ask(router: Router, line: string, headers: Record<string, string> = {}): string {
  const [method = '', url = ''] = line.split(' ');
  const slash = url.indexOf('/');
  const match = router.match({
    listener: 'public',
    hostname: url.slice(0, slash),
    path: url.slice(slash),
    method: method === 'ANY' ? undefined : method,
    headers: HeaderList.from(headers),
  });
  switch (match.kind) {
    case 'route': {
      const params = Object.entries(match.params).map(([name, value]) => ` ${name}=${value}`);
      return `${match.table.group.name}/${match.route.name}${params.join('')}`;
    }
    case 'method-not-allowed':
      return `405 ${match.table.group.name} ${match.allow}`;
    case 'not-found':
      return match.table === undefined ? '404' : `404 ${match.table.group.name}`;
    default:
      return match satisfies never;
  }
}

test('a named host beats a wildcard beats any, and the longest base path wins within', async (t) => {
  const all = [route('all', '/*')];
  const router = new Router([
    table('any', all),
    table('wild', all, { hosts: ['*.example.com'] }),
    table('deep', all, { hosts: ['*.shop.example.com'] }),
    table('named', all, { hosts: ['api.example.com'] }),
    table('named-v1', all, { hosts: ['api.example.com'], basePath: '/v1' }),
    table('named-v1-x', all, { hosts: ['api.example.com'], basePath: '/v1/x' }),
  ]);
  t.equal(ask(router, 'GET api.example.com/'), 'named/all');
  t.equal(ask(router, 'GET api.example.com/v1'), 'named-v1/all');
  t.equal(ask(router, 'GET api.example.com/v1/x/y'), 'named-v1-x/all');
  t.equal(ask(router, 'GET api.example.com/v12'), 'named/all');
  t.equal(ask(router, 'GET www.example.com/'), 'wild/all');
  t.equal(ask(router, 'GET a.shop.example.com/'), 'deep/all');
  t.equal(ask(router, 'GET a.b.example.com/'), 'wild/all');
  t.equal(ask(router, 'GET example.com/'), 'any/all');
  t.equal(ask(router, 'GET evilexample.com/'), 'any/all');
});

test('a group whose routes do not fit falls through to the next', async (t) => {
  const router = new Router([
    table('api', [route('one', '/one', { methods: ['GET'] })], { hosts: ['h'], basePath: '/api' }),
    table('rest', [route('all', '/api/*', { methods: ['POST'] })], { hosts: ['h'] }),
  ]);
  t.equal(ask(router, 'GET h/api/one'), 'api/one');
  t.equal(ask(router, 'POST h/api/two'), 'rest/all');
  t.equal(ask(router, 'GET h/api/two'), '405 rest POST');
  t.equal(ask(router, 'DELETE h/api/one'), '405 api GET, HEAD');
  t.equal(ask(router, 'GET h/other'), '404 rest');
  t.equal(ask(router, 'GET other/api/one'), '404');
});

test('literal beats parameter beats star, pair by pair of path and method', async (t) => {
  const router = new Router([
    table('g', [
      route('star', '/*'),
      route('item', '/items/{id}'),
      route('part', '/items/{id}/parts/{part}', { methods: ['GET'] }),
      route('new', '/items/new', { methods: ['POST'] }),
      route('items', '/items/*', { methods: ['GET'] }),
    ]),
  ]);
  t.equal(ask(router, 'POST h/items/new'), 'g/new');
  t.equal(ask(router, 'GET h/items/new'), 'g/item id=new');
  t.equal(ask(router, 'GET h/items/7/parts/8'), 'g/part id=7 part=8');
  t.equal(ask(router, 'GET h/items/7/other'), 'g/items');
  t.equal(ask(router, 'POST h/items/7/other'), 'g/star');
  t.equal(ask(router, 'GET h/items'), 'g/items');
  t.equal(ask(router, 'GET h/items/'), 'g/items');
  t.equal(ask(router, 'GET h/itemsx'), 'g/star');
  t.equal(ask(router, `GET h/items/${'x'.repeat(300)}`), `g/item id=${'x'.repeat(300)}`);
});

test('outside a trailing star a path is exact, trailing slash and colon included', async (t) => {
  const router = new Router([
    table('g', [route('plain', '/a'), route('slash', '/a/'), route('batch', '/v1/things:batch')], {
      basePath: '/shop',
    }),
  ]);
  t.equal(ask(router, 'GET h/shop/a'), 'g/plain');
  t.equal(ask(router, 'GET h/shop/a/'), 'g/slash');
  t.equal(ask(router, 'GET h/shop/v1/things:batch'), 'g/batch');
  t.equal(ask(router, 'GET h/shop/v1/things:other'), '404 g');
  t.equal(ask(router, 'GET h/shopping'), '404');
});

test('the base path itself is the root of its group', async (t) => {
  const router = new Router([table('g', [route('root', '/')], { basePath: '/shop' })]);
  t.equal(ask(router, 'GET h/shop'), 'g/root');
  t.equal(ask(router, 'GET h/shop/'), 'g/root');
});

test('GET implies HEAD, and 405 lists what the path has', async (t) => {
  const router = new Router([
    table('g', [route('read', '/a', { methods: ['GET'] }), route('write', '/{x}', { methods: ['PUT'] })]),
  ]);
  t.equal(ask(router, 'HEAD h/a'), 'g/read');
  t.equal(ask(router, 'DELETE h/a'), '405 g GET, HEAD, PUT');
  t.equal(ask(router, 'get h/a'), '405 g GET, HEAD, PUT');
  t.equal(ask(router, 'ANY h/a'), 'g/read');
});

test('the route with more header conditions wins, then document order; a missed condition is no 405', async (t) => {
  const router = new Router([
    table('g', [
      route('plain', '/a', { methods: ['GET'] }),
      route('beta', '/a', { headers: [['x-beta', '1']] }),
      route('both', '/a', {
        headers: [
          ['x-beta', '1'],
          ['x-more', '2'],
        ],
      }),
      route('only', '/b', { headers: [['x-beta', '1']] }),
    ]),
  ]);
  t.equal(ask(router, 'GET h/a'), 'g/plain');
  t.equal(ask(router, 'GET h/a', { 'x-beta': '1' }), 'g/beta');
  t.equal(ask(router, 'GET h/a', { 'x-beta': '1', 'x-more': '2' }), 'g/both');
  t.equal(ask(router, 'GET h/b'), '404 g');
});

test('parameters named like members of Object are only parameters', async (t) => {
  const router = new Router([table('g', [route('p', '/{__proto__}/{constructor}')])]);
  const match = router.match({ listener: 'public', hostname: 'h', path: '/a/b', method: 'GET', headers: undefined });
  t.equal(match.kind === 'route' && Object.getPrototypeOf(match.params), null);
  t.equal(match.kind === 'route' && match.params['constructor'], 'b');
});

test('a group of another listener is not a candidate', async (t) => {
  const router = new Router([table('inner', [route('all', '/*')], { listeners: ['internal'] })]);
  t.equal(ask(router, 'GET h/'), '404');
});
