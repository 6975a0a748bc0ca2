import t from 'tap';
import { get, policyOf, preflight, send } from './run-policy.ts';

const APP = 'https://app.example';
const EVIL = 'https://evil.example';

t.test('an allowed origin gets its own bytes back, and nothing that belongs to preflights', async (t) => {
  const policy = policyOf({
    allowOrigins: [APP],
    allowMethods: ['GET'],
    allowHeaders: ['x-a'],
    exposeHeaders: ['x-b', 'X-C'],
    allowCredentials: true,
  });
  t.same(send(policy, get(APP), { status: 201, headers: { etag: '"1"' } }), {
    status: 201,
    code: undefined,
    reached: true,
    headers: {
      etag: '"1"',
      vary: 'Origin',
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-b, X-C',
    },
  });
});

t.test('any other origin goes on without CORS headers, with Vary', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], exposeHeaders: ['x-b'], allowCredentials: true });
  for (const origin of [EVIL, 'null', 'invalid_origin', `${APP}/`, `${APP}:443`, `${APP}, ${EVIL}`, '', undefined]) {
    t.same(
      send(policy, get(origin)),
      { status: 200, code: undefined, reached: true, headers: { vary: 'Origin' } },
      String(origin),
    );
  }
});

t.test('all origins without credentials: the same * with and without Origin, and no Vary', async (t) => {
  const policy = policyOf({ allowOrigins: ['*'], exposeHeaders: ['*'] });
  for (const origin of [APP, 'null', 'invalid_origin', `${APP}, ${EVIL}`, '', undefined]) {
    t.same(
      send(policy, get(origin)).headers,
      { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' },
      String(origin),
    );
  }
  t.notOk('request' in policy.handlers, 'nothing is ever refused, so there is no request step');
});

t.test('all origins stay * but with Vary where the answer depends on Origin', async (t) => {
  const table: [config: Record<string, unknown>, withoutOrigin: string | undefined][] = [
    [{ requireOrigin: true }, undefined],
    [{ enforcement: 'strict' }, '*'],
    [{ protocols: ['HTTP/1.1'] }, '*'],
    [{ timingAllowOrigins: [APP] }, '*'],
  ];
  for (const [config, withoutOrigin] of table) {
    const policy = policyOf({ allowOrigins: ['*'], ...config });
    t.match(
      send(policy, get('junk')).headers,
      { vary: 'Origin', 'access-control-allow-origin': '*' },
      JSON.stringify(config),
    );
    const bare = send(policy, get()).headers;
    t.equal(bare['vary'], 'Origin');
    t.equal(bare['access-control-allow-origin'], withoutOrigin, JSON.stringify(config));
  }
});

t.test('reflect lets every well-formed web origin in with credentials, and nothing else', async (t) => {
  for (const allowOrigins of [['*'], undefined]) {
    const policy = policyOf({
      ...(allowOrigins === undefined ? {} : { allowOrigins }),
      allowCredentials: true,
      anyOriginWithCredentials: 'reflect',
    });
    t.same(send(policy, get(EVIL)).headers, {
      vary: 'Origin',
      'access-control-allow-origin': EVIL,
      'access-control-allow-credentials': 'true',
    });
    for (const origin of [
      'null',
      '*',
      `${APP}/path`,
      `${APP}#x`,
      `${APP}, ${EVIL}`,
      'chrome-extension://abc',
      '',
      undefined,
    ])
      t.same(send(policy, get(origin)).headers, { vary: 'Origin' });
  }
});

t.test('exact origins of other schemes match as they are', async (t) => {
  const policy = policyOf({ allowOrigins: ['chrome-extension://abc', 'capacitor://localhost'] });
  t.equal(send(policy, get('chrome-extension://abc')).headers['access-control-allow-origin'], 'chrome-extension://abc');
  t.notOk('access-control-allow-origin' in send(policy, get('chrome-extension://abcd')).headers);
});

t.test('null is allowed only by allowNullOrigin, is answered with * and never beside credentials', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], allowNullOrigin: true });
  t.same(send(policy, get('null')).headers, { vary: 'Origin', 'access-control-allow-origin': '*' });
  t.same(send(policy, get('Null')).headers, { vary: 'Origin' });
  t.equal(send(policy, preflight('null', 'PUT')).headers['access-control-allow-origin'], '*');
});

t.test('every Access-Control-* header of the upstream is removed, match or not', async (t) => {
  const upstream = {
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '5',
      'access-control-expose-headers': 'x-upstream',
      'access-control-anything-new': '1',
      'x-kept': '1',
    },
  };
  t.same(send(policyOf({ allowOrigins: [APP] }), get(EVIL), upstream).headers, { 'x-kept': '1', vary: 'Origin' });
  t.same(send(policyOf({ allowOrigins: [APP] }), get(APP), upstream).headers, {
    'x-kept': '1',
    vary: 'Origin',
    'access-control-allow-origin': APP,
  });
  t.same(send(policyOf({ allowOrigins: ['*'] }), get(), upstream).headers, {
    'x-kept': '1',
    'access-control-allow-origin': '*',
  });
  t.same(send(policyOf({ rejectAll: true }), get(), upstream).headers, { 'x-kept': '1', vary: 'Origin' });
});

t.test('Vary is merged: members kept, none repeated, * left alone', async (t) => {
  const policy = policyOf({ allowOrigins: [APP] });
  const table: [upstream: string, leaves: string][] = [
    ['Accept-Encoding', 'Accept-Encoding, Origin'],
    ['origin', 'origin'],
    ['ORIGIN, Accept', 'ORIGIN, Accept'],
    ['Accept, ACCEPT,, accept ', 'Accept, Origin'],
    ['*', '*'],
    [' * ', ' * '],
    ['', 'Origin'],
  ];
  for (const [sent, leaves] of table)
    t.equal(send(policy, get(APP), { headers: { vary: sent } }).headers['vary'], leaves, JSON.stringify(sent));
  t.equal(send(policyOf({ allowOrigins: ['*'] }), get(APP), { headers: { vary: 'Via' } }).headers['vary'], 'Via');
});

t.test('an answer that was made before the policy had its turn carries the headers as well', async (t) => {
  const { handlers } = policyOf({ allowOrigins: [APP] });
  const { testExchange } = await import('@postern/kit/testkit');
  const exchange = testExchange(get(APP), { status: 401, madeBy: { kind: 'policy', policy: 'keys' } });
  handlers.response?.(exchange);
  t.equal(exchange.response.headers.get('access-control-allow-origin'), APP);
  t.equal(exchange.response.headers.get('vary'), 'Origin');
});

t.test('credentials are decided by the config, never by Cookie or Authorization', async (t) => {
  const answer = send(policyOf({ allowOrigins: [APP] }), get(APP, { cookie: 'sid=1', authorization: 'Bearer x' }));
  t.same(answer.headers, { vary: 'Origin', 'access-control-allow-origin': APP });
});

t.test('strict refuses what is not allowed with 403 and says why only to allowed origins', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], allowMethods: ['PUT'], enforcement: 'strict' });
  t.same(send(policy, get(EVIL)), {
    status: 403,
    code: 'cors/origin-not-allowed',
    reached: false,
    headers: { vary: 'Origin' },
  });
  t.equal(send(policy, get('null')).code, 'cors/origin-not-allowed');
  t.equal(send(policy, get(`${APP}, ${EVIL}`)).code, 'cors/origin-not-allowed');
  t.ok(send(policy, get(APP)).reached);
  t.ok(send(policy, get()).reached, 'no Origin, no cross-origin request');
  t.ok(send(policy, { ...get(APP), method: 'PUT' }).reached);
  const refused = send(policy, { ...get(APP), method: 'DELETE' });
  t.equal(refused.code, 'cors/method-not-allowed');
  t.equal(refused.headers['access-control-allow-origin'], APP);
});

t.test('rejectAll refuses every cross-origin request, whatever its origin', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], rejectAll: true });
  for (const origin of [APP, EVIL, 'null', 'junk']) {
    t.same(send(policy, get(origin)), {
      status: 403,
      code: 'cors/cross-origin-rejected',
      reached: false,
      headers: { vary: 'Origin' },
    });
    t.equal(send(policy, preflight(origin, 'PUT')).code, 'cors/cross-origin-rejected');
  }
  t.ok(send(policy, get()).reached);
  t.notOk('access-control-allow-origin' in send(policyOf({ rejectAll: true }), get()).headers);
});

t.test('requireOrigin refuses only requests without Origin', async (t) => {
  const policy = policyOf({ allowOrigins: [APP], requireOrigin: true });
  t.same(send(policy, get()), {
    status: 403,
    code: 'cors/origin-required',
    reached: false,
    headers: { vary: 'Origin' },
  });
  t.equal(send(policy, get('')).code, 'cors/origin-required', 'an empty Origin is none');
  t.ok(send(policy, get(APP)).reached);
  t.ok(send(policy, get(EVIL)).reached, 'browser enforcement leaves it to the browser');
});

t.test('protocols: another HTTP version is not allowed across origins', async (t) => {
  const config = { allowOrigins: [APP], protocols: ['HTTP/1.1', 'HTTP/2'] };
  const old = { ...get(APP), protocol: 'HTTP/1.0' as const };
  t.same(send(policyOf(config), old), { status: 200, code: undefined, reached: true, headers: { vary: 'Origin' } });
  t.same(send(policyOf(config), { ...preflight(APP, 'PUT'), protocol: 'HTTP/1.0' }).status, 204);
  const strict = policyOf({ ...config, enforcement: 'strict' });
  t.same(send(strict, old), {
    status: 403,
    code: 'cors/protocol-not-allowed',
    reached: false,
    headers: { vary: 'Origin' },
  });
  t.equal(send(strict, { ...preflight(APP, 'PUT'), protocol: 'HTTP/1.0' }).code, 'cors/protocol-not-allowed');
  for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const)
    t.equal(send(strict, { ...get(APP), protocol }).headers['access-control-allow-origin'], APP);
  t.ok(send(strict, { ...get(), protocol: 'HTTP/1.0' }).reached, 'not cross-origin');
});

t.test('the request own origin is not cross-origin: strict, rejectAll and requireOrigin let it pass', async (t) => {
  const own = { ...get('https://api.example'), method: 'POST', scheme: 'https' as const, host: 'api.example:443' };
  for (const config of [
    { enforcement: 'strict' },
    { rejectAll: true },
    { requireOrigin: true },
    { protocols: ['HTTP/2'], enforcement: 'strict' },
  ]) {
    const policy = policyOf({ allowOrigins: [APP], ...config });
    const answer = send(policy, own);
    t.ok(answer.reached, JSON.stringify(config));
    t.same(answer.headers, { vary: 'Origin' });
    send(policy, { ...own, ...preflight('https://api.example', 'PUT') });
    t.same([...policy.context.counts], [], 'it counts neither way');
  }
  const strict = policyOf({ allowOrigins: [APP], enforcement: 'strict' });
  t.notOk(send(strict, { ...own, scheme: 'http' as const }).reached, 'another scheme is another origin');
  t.notOk(send(strict, { ...own, host: 'api.example:8443' }).reached);
  t.ok(
    send(policyOf({ rejectAll: true }), { ...own, ...preflight('https://api.example', 'PUT') }).status === 204,
    'its preflight is answered all the same',
  );
});

t.test('web socket handshakes from origins that are not allowed are refused in both enforcements', async (t) => {
  const handshake = (origin?: string, upgrade = 'websocket') => get(origin, { upgrade, connection: 'Upgrade' });
  for (const enforcement of ['browser', 'strict']) {
    const policy = policyOf({ allowOrigins: [APP], enforcement });
    t.equal(send(policy, handshake(EVIL)).code, 'cors/origin-not-allowed');
    t.equal(send(policy, handshake('null')).code, 'cors/origin-not-allowed');
    for (const upgrade of ['WebSocket', 'h2c, websocket', 'websocket,x'])
      t.equal(send(policy, handshake(EVIL, upgrade)).status, 403, upgrade);
    t.ok(send(policy, handshake(APP)).reached);
    t.ok(send(policy, handshake()).reached, 'no browser');
    t.ok(
      send(policy, { ...handshake('https://api.example'), scheme: 'https', host: 'api.example' }).reached,
      'the page of the server itself',
    );
  }
  t.ok(send(policyOf({ allowOrigins: [APP] }), handshake(EVIL, 'h2c')).reached);
  t.equal(
    send(policyOf({ allowOrigins: [APP], protocols: ['HTTP/2'] }), handshake(APP)).code,
    'cors/protocol-not-allowed',
  );
});

t.test('Timing-Allow-Origin is a check of its own', async (t) => {
  const policy = policyOf({ allowOrigins: ['*'], timingAllowOrigins: [APP, 'https://*.apps.example'] });
  const upstream = { headers: { 'timing-allow-origin': '*' } };
  t.same(send(policy, get(APP), upstream).headers, {
    vary: 'Origin',
    'access-control-allow-origin': '*',
    'timing-allow-origin': APP,
  });
  t.equal(
    send(policy, get('https://a.apps.example'), upstream).headers['timing-allow-origin'],
    'https://a.apps.example',
  );
  for (const origin of [EVIL, 'null', undefined])
    t.notOk('timing-allow-origin' in send(policy, get(origin), upstream).headers, String(origin));
  t.same(send(policyOf({ timingAllowOrigins: ['*'] }), get(EVIL)).headers, {
    'access-control-allow-origin': '*',
    'timing-allow-origin': '*',
  });
  t.equal(
    send(policyOf({ allowOrigins: [APP] }), get(EVIL), upstream).headers['timing-allow-origin'],
    '*',
    'not configured: as the upstream says',
  );
});

t.test('counts each cross-origin exchange once, and writes a denied origin once, escaped and capped', async (t) => {
  const policy = policyOf({ allowOrigins: [APP] });
  send(policy, get(APP));
  send(policy, get());
  send(policy, get(`${EVIL}\u001b[31m"\u202e${'x'.repeat(300)}`));
  send(policy, get(EVIL));
  t.same(Object.fromEntries(policy.context.counts), { origins_allowed: 1, origins_denied: 2 });
  t.equal(policy.context.written.length, 1, 'within one second only the first is written');
  t.match(policy.context.written[0], {
    policy: 'web-cors',
    origin: /^"https:\/\/evil\.example\\u001b\[31m\\"\\u\{202e\}x+\.\.\."$/,
  });
  t.ok(JSON.stringify(policy.context.written[0]).length < 300);
});
