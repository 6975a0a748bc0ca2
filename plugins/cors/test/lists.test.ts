import t from 'tap';
import { LONGEST_REQUESTED, MOST_REQUESTED, readRequested } from '../src/requested.ts';
import { check, policyOf, preflight, send } from './run-policy.ts';

const codes = (config: Record<string, unknown>) => {
  const { problems, warnings } = check({ allowOrigins: ['https://a.example'], ...config });
  return {
    problems: problems.map(({ code, path }) => [code, ...path].join(' ')),
    warnings: warnings.map(({ code, path }) => [code, ...path].join(' ')),
  };
};

t.test('reads requested header names in any order, with white space and empty members', async (t) => {
  t.same(readRequested(undefined), []);
  t.same(readRequested(''), []);
  t.same(readRequested(' , ,,'), []);
  t.same(readRequested('bar \t, baz\t, foo\t'), ['bar', 'baz', 'foo']);
  t.same(readRequested(',,x-ok,,,,,,,,,,,,,,'), ['x-ok']);
  t.same(readRequested('x-b,x-a,x-b'), ['x-b', 'x-a', 'x-b']);
});

t.test('what holds something that is no header name is not read', async (t) => {
  for (const value of ['x y', 'a,b c', 'x:y', 'x\u0000', 'x\u00a0', '\u00e9', 'a;b', '"a"', 'a\r\nb'])
    t.equal(readRequested(value), undefined, JSON.stringify(value));
});

t.test('size and number of members are capped, and a flood costs nothing', async (t) => {
  t.equal(readRequested('a'.repeat(LONGEST_REQUESTED))?.length, 1);
  t.equal(readRequested('a'.repeat(LONGEST_REQUESTED + 1)), undefined);
  t.equal(readRequested(`x${','.repeat(MOST_REQUESTED - 1)}`)?.length, 1);
  t.equal(readRequested(`x${','.repeat(MOST_REQUESTED)}`), undefined);
  const policy = policyOf({ allowOrigins: ['https://a.example'], allowHeaders: ['x-ok'] });
  // Of the CPU: what others on the machine take is not ours.
  const start = process.cpuUsage();
  for (const flood of [','.repeat(16_000), ' '.repeat(16_000), 'x-ok,'.repeat(3000), ' ,\t'.repeat(5000)]) {
    for (let at = 0; at < 500; at++) send(policy, preflight('https://a.example', 'GET', flood));
  }
  t.ok(process.cpuUsage(start).user < 5_000_000, '2000 floods in no time');
  t.equal(policy.context.counts.get('preflights_denied'), 2000, 'what is too much to read is not allowed');
});

t.test('members must be tokens, and the mend is named', async (t) => {
  t.same(codes({ allowMethods: [''] }).problems, ['cors/not-a-token allowMethods 0']);
  t.same(codes({ allowMethods: ['GET', 'P UT'] }).problems, ['cors/not-a-token allowMethods 1']);
  t.same(codes({ allowHeaders: ['x foo'] }).problems, ['cors/not-a-token allowHeaders 0']);
  t.same(codes({ exposeHeaders: ['x:foo'] }).problems, ['cors/not-a-token exposeHeaders 0']);
  t.same(codes({ allowHeaders: ['x-\u00e9'] }).problems, ['cors/not-a-token allowHeaders 0']);
  const fix = (config: Record<string, unknown>) =>
    check({ allowOrigins: ['https://a.example'], ...config }).problems[0]?.fix;
  t.equal(fix({ allowMethods: ['GET, PUT'] }), 'write one method per entry: [GET, PUT]');
  t.equal(fix({ allowHeaders: [' x-a '] }), 'did you mean "x-a"?');
  t.equal(fix({ allowHeaders: ['@@'] }), 'take it out');
});

t.test('* stands alone, but for authorization in allowHeaders', async (t) => {
  t.same(codes({ allowMethods: ['GET', '*', 'POST'] }).problems, ['cors/wildcard-beside-names allowMethods 1']);
  t.same(codes({ allowHeaders: ['*', 'x-a'] }).problems, ['cors/wildcard-beside-names allowHeaders 0']);
  t.same(codes({ exposeHeaders: ['x-a', '*'] }).problems, ['cors/wildcard-beside-names exposeHeaders 1']);
  t.same(codes({ allowHeaders: ['*', 'Authorization'] }), { problems: [], warnings: [] });
  t.same(codes({ allowOrigins: ['https://a.example', '*'] }).problems, ['cors/wildcard-beside-names allowOrigins 1']);
});

t.test('names that differ only in case are one', async (t) => {
  t.same(codes({ allowHeaders: ['x-foO', 'x-Bar', 'authoRizaTion', 'Authorization'] }), { problems: [], warnings: [] });
  const policy = policyOf({
    allowOrigins: ['https://a.example'],
    allowHeaders: ['X-A', 'x-a', 'b'],
    allowMethods: ['PUT', 'put', 'PUT'],
  });
  const { headers } = send(policy, preflight('https://a.example', 'PUT'));
  t.equal(headers['access-control-allow-headers'], 'X-A, b');
  t.equal(headers['access-control-allow-methods'], 'PUT, put');
});

t.test('warns of names that cannot do what they were written for', async (t) => {
  t.same(codes({ allowMethods: ['patch'] }).warnings, ['cors/method-case allowMethods 0']);
  t.same(codes({ allowMethods: ['PUT', 'CONNECT', 'trace'] }).warnings, [
    'cors/method-never-sent allowMethods 1',
    'cors/method-never-sent allowMethods 2',
  ]);
  t.same(codes({ allowMethods: ['bar', 'FOO', 'PURGE'] }).warnings, []);
  t.same(codes({ allowHeaders: ['Access-Control-Allow-Origin'] }).warnings, [
    'cors/response-header-allowed allowHeaders 0',
  ]);
  t.same(codes({ allowHeaders: ['Origin', 'Sec-Fetch-Mode', 'x-a'] }).warnings, [
    'cors/header-never-asked allowHeaders 0',
    'cors/header-never-asked allowHeaders 1',
  ]);
  t.same(codes({ exposeHeaders: ['x-a', 'Set-Cookie'] }).warnings, ['cors/set-cookie-exposed exposeHeaders 1']);
  t.same(codes({ exposeHeaders: ['*'], allowCredentials: true }).warnings, [
    'cors/expose-all-with-credentials exposeHeaders 0',
  ]);
  t.same(codes({ maxAge: 86_400 }).warnings, []);
  t.same(codes({ maxAge: 86_401 }).warnings, ['cors/max-age-without-effect maxAge']);
  t.same(codes({ anyOriginWithCredentials: 'reflect' }).warnings, [
    'cors/reflect-without-effect anyOriginWithCredentials',
  ]);
  t.same(codes({ allowOrigins: ['*'], allowPrivateNetwork: true }).warnings, [
    'cors/private-network-for-all allowPrivateNetwork',
  ]);
  const plain = {
    allowOrigins: [
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]:5',
      'http://a.example',
      'http://*.b.example',
      'https://c.example',
    ],
    allowCredentials: true,
  };
  t.same(codes(plain).warnings, [
    'cors/plain-http-with-credentials allowOrigins 3',
    'cors/plain-http-with-credentials allowOrigins 4',
  ]);
});

t.test('absent allowOrigins mean all, and a warning says so', async (t) => {
  t.same(
    check({}).warnings.map(({ code }) => code),
    ['cors/all-origins'],
  );
  t.same(check({ allowOrigins: ['*'] }).warnings, []);
  t.same(check({ rejectAll: true }).warnings, []);
});

t.test('combinations that give visitors away are errors', async (t) => {
  const table: [config: Record<string, unknown>, found: string][] = [
    [{ allowOrigins: ['*'], allowCredentials: true }, 'cors/any-origin-with-credentials allowOrigins 0'],
    [{ allowCredentials: true }, 'cors/any-origin-with-credentials allowCredentials'],
    [
      { allowOrigins: ['https://a.example'], allowNullOrigin: true, allowCredentials: true },
      'cors/null-origin-with-credentials allowNullOrigin',
    ],
    [{ allowOrigins: [] }, 'cors/no-origins allowOrigins'],
    [{ allowOrigins: ['*'], timingAllowOrigins: [] }, 'cors/no-origins timingAllowOrigins'],
    [{ allowOrigins: ['*'], protocols: [] }, 'cors/no-protocols protocols'],
    [{ allowOrigins: Array.from({ length: 51 }, (_, at) => `~https://a${at}`) }, 'cors/too-many-regexes allowOrigins'],
  ];
  for (const [config, found] of table)
    t.same(
      check(config).problems.map(({ code, path }) => [code, ...path].join(' ')),
      [found],
    );
  t.equal(
    check({ allowOrigins: ['*'], allowCredentials: true }).problems[0]?.message,
    '"*" cannot be combined with allowCredentials: true',
  );
  t.same(check({ allowOrigins: ['*'], allowCredentials: true, anyOriginWithCredentials: 'reflect' }), {
    problems: [],
    warnings: [],
  });
});

t.test('the schema is closed and typed', async (t) => {
  const wrong = [
    { allowOrigin: ['*'] },
    { maxAge: -1 },
    { maxAge: 1.5 },
    { maxAge: '900' },
    { preflightStatus: 201 },
    { protocols: ['HTTP/3'] },
    { allowOrigins: '*' },
  ];
  for (const config of [
    ...wrong,
    { enforcement: 'lax' },
    { anyOriginWithCredentials: true },
    { allowCredentials: 'true' },
  ]) {
    t.same(
      check(config).problems.map(({ code }) => code),
      ['plugin/config'],
      JSON.stringify(config),
    );
  }
});
