import t from 'tap';
import { get, policyOf, preflight, send } from './run-policy.ts';

const APP = 'https://app.example';
const VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
const lists = { allowMethods: ['GET', 'PUT'], allowHeaders: ['X-One', 'x-two'], exposeHeaders: ['x-out'] };

t.test('an allowed preflight gets the whole answer, lists as configured, and nothing more', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], ...lists, allowCredentials: true, maxAge: 60 });
  t.same(send(policy, preflight(APP, 'PUT', 'x-one')), {
    status: 204,
    code: undefined,
    reached: false,
    headers: {
      vary: VARY,
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'X-One, x-two',
      'access-control-max-age': '60',
      'access-control-expose-headers': 'x-out',
    },
  });
});

t.test('max-age is 900 unless configured, and 0 is sent', async (t) => {
  t.equal(send(policyOf({ allowOrigins: [APP] }), preflight(APP, 'PUT')).headers['access-control-max-age'], '900');
  t.equal(
    send(policyOf({ allowOrigins: [APP], maxAge: 0 }), preflight(APP, 'PUT')).headers['access-control-max-age'],
    '0',
  );
});

t.test(
  'a preflight for a method or header that is not allowed gets the same whole answer, so that the browser names the culprit',
  async (t) => {
    const policy = policyOf({ allowOrigins: [APP], ...lists });
    const allowed = send(policy, preflight(APP, 'PUT', 'x-one'));
    t.same(send(policy, preflight(APP, 'DELETE')), allowed);
    t.same(send(policy, preflight(APP, 'put')), allowed);
    t.same(send(policy, preflight(APP, 'PUT', 'x-three')), allowed);
  },
);

t.test('a denied preflight gets the configured status and no Access-Control-* header', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], ...lists });
  t.same(send(policy, preflight('https://evil.example', 'PUT')), {
    status: 204,
    code: undefined,
    reached: false,
    headers: { vary: VARY },
  });
  t.same(send(policy, preflight('null', 'PUT')).headers, { vary: VARY });
  t.same(send(policy, preflight(`${APP}, https://evil.example`, 'PUT')).headers, { vary: VARY });
});

t.test('status 200 says content-length: 0, status 204 has none', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], preflightStatus: 200 });
  const open = policyOf({ allowOrigins: ['*'], preflightStatus: 200 });
  for (const answer of [
    send(policy, preflight(APP, 'PUT')),
    send(policy, preflight('https://evil.example', 'PUT')),
    send(open, preflight(APP, 'PUT')),
  ]) {
    t.equal(answer.status, 200);
    t.equal(answer.headers['content-length'], '0');
  }
  t.notOk('content-length' in send(policyOf({ allowOrigins: [APP] }), preflight(APP, 'PUT')).headers);
});

t.test('strict refuses origin, method and headers with 403, each with its code', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], ...lists, enforcement: 'strict' });
  t.same(send(policy, preflight('https://evil.example', 'PUT')), {
    status: 403,
    code: 'cors/origin-not-allowed',
    reached: false,
    headers: { vary: VARY },
  });
  const method = send(policy, preflight(APP, 'DELETE'));
  t.equal(method.status, 403);
  t.equal(method.code, 'cors/method-not-allowed');
  t.equal(method.headers['access-control-allow-origin'], APP, 'an allowed origin may read why');
  t.notOk('content-length' in method.headers);
  t.equal(send(policy, preflight(APP, 'PUT', 'x-one, x-three')).code, 'cors/header-not-allowed');
  t.equal(send(policy, preflight(APP, 'PUT', 'x-one,,X-TWO')).status, 204);
  t.equal(send(policy, preflight(APP, 'PUT', 'x one')).code, 'cors/header-not-allowed');
  for (const method of ['GET', 'HEAD', 'POST'])
    t.equal(send(policy, preflight(APP, method)).status, 204, `${method} needs no leave`);
  t.equal(
    send(policy, preflight(APP, 'PUT', 'accept,accept-language,content-language,content-type,range')).status,
    204,
  );
});

t.test('strict compares methods and headers also where all origins are allowed', async (t) => {
  const policy = policyOf({ allowOrigins: ['*'], ...lists, enforcement: 'strict' });
  t.equal(send(policy, preflight(APP, 'DELETE')).code, 'cors/method-not-allowed');
  t.equal(send(policy, preflight(APP, 'PUT', 'x-three')).code, 'cors/header-not-allowed');
  t.equal(send(policy, preflight(APP, 'PUT', 'x-one')).headers['access-control-allow-origin'], '*');
});

t.test('GET, HEAD and POST are allowed and not added to the list that is sent', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], allowMethods: ['PUT'] });
  t.equal(send(policy, preflight(APP, 'GET')).headers['access-control-allow-methods'], 'PUT');
  t.notOk(
    'access-control-allow-methods' in
      send(policyOf({ allowOrigins: [APP], allowMethods: [] }), preflight(APP, 'GET')).headers,
  );
});

t.test('without credentials * leaves as *, and absent methods mean all', async (t) => {
  const { headers } = send(
    policyOf({ allowOrigins: [APP], allowHeaders: ['*'], exposeHeaders: ['*'] }),
    preflight(APP, 'PATCH', 'x-a'),
  );
  t.equal(headers['access-control-allow-methods'], '*');
  t.equal(headers['access-control-allow-headers'], '*');
  t.equal(headers['access-control-expose-headers'], '*');
});

t.test('* does not cover authorization without credentials, and both can be said', async (t) => {
  const star = policyOf({ allowOrigins: [APP], allowHeaders: ['*'], enforcement: 'strict' });
  t.equal(send(star, preflight(APP, 'GET', 'authorization')).code, 'cors/header-not-allowed');
  t.equal(send(star, preflight(APP, 'GET', 'x-anything')).status, 204);
  const both = policyOf({ allowOrigins: [APP], allowHeaders: ['*', 'Authorization'], enforcement: 'strict' });
  const answer = send(both, preflight(APP, 'GET', 'authorization'));
  t.equal(answer.status, 204);
  t.equal(answer.headers['access-control-allow-headers'], '*, Authorization');
});

t.test('with credentials what was asked for is named, and no * ever leaves', async (t) => {
  const policy = policyOf({
    allowOrigins: [APP],
    allowMethods: ['*'],
    allowHeaders: ['*', 'authorization'],
    exposeHeaders: ['*'],
    allowCredentials: true,
  });
  const named = send(policy, preflight(APP, 'PROPFIND', ' Content-Type, Authorization, ,x-a,x-a')).headers;
  t.equal(named['access-control-allow-methods'], 'PROPFIND');
  t.equal(named['access-control-allow-headers'], 'Content-Type, Authorization, x-a');
  t.notOk('access-control-expose-headers' in named);
  const nothing = send(policy, preflight(APP, 'PROPFIND')).headers;
  t.notOk('access-control-allow-headers' in nothing, 'nothing asked, nothing named');
  for (const hostile of [
    preflight(APP, '*', '*'),
    preflight(APP, 'P@T', 'x y'),
    preflight(APP, 'GET, PUT', 'a'.repeat(5000)),
    preflight(APP, '\u00e9', '\u00e9'),
  ]) {
    const { headers } = send(policy, hostile);
    t.equal(headers['access-control-allow-origin'], APP);
    t.notOk('access-control-allow-methods' in headers, 'only a method is named');
    t.notOk('access-control-allow-headers' in headers, 'only header names are named');
  }
});

t.test('all origins without credentials are answered with the same * for everybody, without Vary', async (t) => {
  for (const config of [{}, { allowOrigins: ['*'] }]) {
    const policy = policyOf({ ...config, ...lists });
    for (const origin of [APP, 'null', 'invalid_origin', 'https://a, https://b']) {
      t.same(send(policy, preflight(origin, 'PUT')).headers, {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, PUT',
        'access-control-allow-headers': 'X-One, x-two',
        'access-control-max-age': '900',
        'access-control-expose-headers': 'x-out',
      });
    }
  }
});

t.test('private network access is granted only where it is configured, asked for and the origin allowed', async (t) => {
  const ask = (origin: string) => {
    const request = preflight(origin, 'GET');
    return { ...request, headers: { ...request.headers, 'access-control-request-private-network': 'true' } };
  };
  const granted = (config: Record<string, unknown>, origin: string) =>
    send(policyOf(config), ask(origin)).headers['access-control-allow-private-network'];
  t.equal(granted({ allowOrigins: [APP] }, APP), undefined);
  t.equal(granted({ allowOrigins: [APP], allowPrivateNetwork: true }, APP), 'true');
  t.equal(granted({ allowOrigins: ['*'], allowPrivateNetwork: true }, APP), 'true');
  t.equal(granted({ allowOrigins: [APP], allowPrivateNetwork: true }, 'https://evil.example'), undefined);
  const policy = policyOf({ allowOrigins: [APP], allowPrivateNetwork: true });
  t.notOk('access-control-allow-private-network' in send(policy, preflight(APP, 'GET')).headers, 'not asked');
  t.notOk(
    'access-control-allow-private-network' in
      send(policy, get(APP, { 'access-control-request-private-network': 'true' })).headers,
    'no preflight',
  );
  t.match(send(policy, preflight(APP, 'GET')).headers['vary'], /, Access-Control-Request-Private-Network$/);
});

t.test('Vary of a preflight names all that the answer depends on', async (t) => {
  const dynamic = [
    { allowOrigins: [APP] },
    { allowOrigins: ['*'], requireOrigin: true },
    { allowOrigins: ['*'], enforcement: 'strict' },
    { allowOrigins: ['*'], protocols: ['HTTP/1.1'] },
    { allowOrigins: ['*'], timingAllowOrigins: [APP] },
    { rejectAll: true },
  ];
  for (const config of dynamic)
    t.equal(send(policyOf(config), preflight(APP, 'PUT')).headers['vary'], VARY, JSON.stringify(config));
});

t.test('counts preflights and origins', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], allowMethods: ['PUT'], allowHeaders: ['x-a'] });
  send(policy, preflight(APP, 'PUT', 'x-a'));
  send(policy, preflight(APP, 'DELETE'));
  send(policy, preflight(APP, 'PUT', 'x-b'));
  send(policy, preflight('https://evil.example', 'PUT'));
  t.same(Object.fromEntries(policy.context.counts), {
    preflights_allowed: 1,
    preflights_denied: 3,
    origins_allowed: 3,
    origins_denied: 1,
  });
});
