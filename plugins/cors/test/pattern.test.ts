import assert from 'node:assert/strict';
import t from 'tap';
import { check, get, grants, policyOf, send } from './run-policy.ts';
import fc from '../../../test/kit/properties.ts';

const one = (entry: string) => check({ allowOrigins: [entry] });
const codes = (findings: readonly { readonly code: string }[]) => findings.map(({ code }) => code);

t.test('reads entries that are what they look like without a remark', async (t) => {
  const table = [
    'https://example.com',
    'http://example.com:8080',
    'https://*.example.com',
    'https://*.example.com:8443',
    'http://localhost:*',
    'https://*.example.com:*',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'https://xn--rsum-bpad.com',
    'chrome-extension://abcdefghijklmnop',
    'capacitor://localhost',
    'vscode-webview://0a1b2c',
    'http://*.localhost:*',
    '~https://[a-z0-9-]+\\.preview\\.example',
    '~https://(.*\\.)?example\\.com(:[0-9]+)?',
    '*',
  ];
  for (const entry of table) t.same(one(entry), { problems: [], warnings: [] }, entry);
});

t.test('refuses what no browser sends, says why, and says how to mend it', async (t) => {
  const table: [entry: string, code: string, fix: RegExp][] = [
    ['', 'cors/origin-empty', /name an origin/],
    ['null', 'cors/origin-null', /allowNullOrigin/],
    ['nulll', 'cors/origin-without-scheme', /write scheme:\/\/host/],
    [
      'example.com',
      'cors/origin-without-scheme',
      /^did you mean "https:\/\/example\.com"\? Or "http:\/\/example\.com"/,
    ],
    ['Example.com/path', 'cors/origin-without-scheme', /"https:\/\/example\.com"/],
    ['*.example.com', 'cors/origin-without-scheme', /"https:\/\/\*\.example\.com"\? Or "http:\/\/\*\.example\.com"/],
    ['//example.com', 'cors/origin-without-scheme', /"https:\/\/example\.com"/],
    ['localhost', 'cors/origin-without-scheme', /"http:\/\/localhost" or "https:\/\/localhost"/],
    ['localhost:3000', 'cors/origin-without-scheme', /"http:\/\/localhost:3000"/],
    ['127.0.0.1:3000', 'cors/origin-without-scheme', /"http:\/\/127\.0\.0\.1:3000"/],
    ['/https:\\/\\/x/', 'cors/origin-without-scheme', /"~https:/],
    ['/example\\.com$/', 'cors/origin-without-scheme', /"~example\\\.com\$"/],
    ['(a|b)\\.example\\.com', 'cors/origin-without-scheme', /regular expression write "~\(a\|b\)/],
    ['*://example.com', 'cors/origin-scheme', /"https:\/\/example\.com"/],
    ['http?://example.com', 'cors/origin-scheme', /"https:\/\/example\.com"/],
    ['file:///foo', 'cors/origin-scheme', /allowNullOrigin/],
    ['https://example.com/cart', 'cors/origin-with-path', /^did you mean "https:\/\/example\.com"\?/],
    ['https://example.com:6060?', 'cors/origin-with-path', /"https:\/\/example\.com:6060"/],
    ['https://example.com#x', 'cors/origin-with-path', /"https:\/\/example\.com"/],
    ['https://example.com//', 'cors/origin-with-path', /"https:\/\/example\.com"/],
    ['https://user:pw@example.com', 'cors/origin-with-path', /"https:\/\/example\.com"/],
    ['https://a.example,https://b.example', 'cors/origin-list', /one origin per entry/],
    [' https://a.example', 'cors/origin-list', /without spaces/],
    ['https://xpto.com:notaport', 'cors/origin-port', /1 to 65535/],
    ['https://xpto.com:', 'cors/origin-port', /1 to 65535/],
    ['https://xpto.com:06060', 'cors/origin-port', /leading zeros/],
    ['https://xpto.com:111111', 'cors/origin-port', /1 to 65535/],
    ['https://xpto.com:0', 'cors/origin-port', /1 to 65535/],
    ['https://r\u00e9sum\u00e9.com', 'cors/origin-host', /"https:\/\/xn--rsum-bpad\.com"/],
    ['http://[::1:90', 'cors/origin-host', /brackets/],
    ['http://[::1', 'cors/origin-host', /brackets/],
    ['http://[:::1]', 'cors/origin-host', /brackets/],
    ['https://', 'cors/origin-host', /write a host name/],
    ['https://a..b', 'cors/origin-host', /write a host name/],
    ['https://10.0.1', 'cors/origin-host', /write a host name/],
    ['https://example\\.com', 'cors/origin-with-path', /regular expression write "~https:/],
    ['https://(a|b).example.com', 'cors/origin-host', /"~https:\/\//],
    ['http://*bar.com', 'cors/origin-wildcard', /did you mean "http:\/\/\*\.bar\.com"/],
    ['http://bar.*.com', 'cors/origin-wildcard', /"~http:\/\//],
    ['http://bar*', 'cors/origin-wildcard', /"~http:\/\//],
    ['http://*.com*', 'cors/origin-wildcard', /"~http:\/\//],
    ['https://**.example.com', 'cors/origin-wildcard', /"https:\/\/\*\.example\.com"/],
    ['http://*.127.0.0.1:3999', 'cors/origin-wildcard', /no sub-domains/],
    ['http://*.[::1]', 'cors/origin-wildcard', /"~http:\/\//],
    ['https://*.', 'cors/origin-wildcard', /"~https:\/\//],
    ['chrome-extension://*', 'cors/origin-wildcard', /name each origin/],
    ['app://localhost:*', 'cors/origin-wildcard', /name each origin/],
    ['app://a:x', 'cors/origin-port', /1 to 65535/],
    ['app://', 'cors/origin-host', /exactly as the browser sends it/],
    [`https://${'a.'.repeat(300)}com`, 'cors/origin-too-long', /512/],
    ['~', 'cors/origin-regex', /behind "~"/],
    ['~[a', 'cors/origin-regex', /RE2 syntax/],
    ['~a)|(b', 'cors/origin-regex', /RE2 syntax/],
    ['~https://(?=a).*', 'cors/origin-regex', /look-ahead and look-behind are not offered/],
    ['~https://(?!a).*', 'cors/origin-regex', /look-ahead/],
    ['~https://a(?<!b)', 'cors/origin-regex', /look-behind/],
    ['~(a)\\1', 'cors/origin-regex', /back-references are not offered/],
    ['~(?<n>a)\\k<n>', 'cors/origin-regex', /back-references/],
    ['~((a{30}){30}){30}', 'cors/origin-regex', /RE2 syntax/],
    ['~(a{500}){2}(b{500}){2}(c{500}){2}', 'cors/origin-regex', /smaller repeat counts/],
    [`~${'a'.repeat(513)}`, 'cors/origin-regex', /512/],
  ];
  for (const [entry, code, fix] of table) {
    const { problems } = one(entry);
    t.same(codes(problems), [code], `${entry}: ${JSON.stringify(problems)}`);
    t.match(problems[0]?.fix, fix, entry);
    t.same(problems[0]?.path, ['allowOrigins', 0]);
    t.equal(problems[0]?.severity, 'error');
  }
});

t.test('reports every bad entry at once, each with its place', async (t) => {
  const { problems } = check({
    allowOrigins: ['https://ok.example', 'a.example', 'null'],
    timingAllowOrigins: ['b.example'],
    allowMethods: [''],
  });
  t.same(
    problems.map(({ path }) => path.join('.')),
    ['allowOrigins.1', 'allowOrigins.2', 'timingAllowOrigins.0', 'allowMethods.0'],
  );
});

t.test('shows values escaped and capped', async (t) => {
  const { problems } = one(`\u202e\u0007\u001b[31m${'x'.repeat(200)}.example`);
  t.match(problems[0]?.message, /^"\\u\{202e\}\\u0007\\u001b\[31mx+\.\.\." has no scheme$/);
});

t.test('reads what people write and browsers do not, with a warning', async (t) => {
  const table: [entry: string, sent: string][] = [
    ['https://exAmplE.coM:3999', 'https://example.com:3999'],
    ['HTTPS://example.com', 'https://example.com'],
    ['https://example.com/', 'https://example.com'],
    ['http://foo.example:80', 'http://foo.example'],
    ['https://*.foo.example:443', 'https://a.foo.example'],
    ['http://[2001:4860:4860:0000:0000:0000:0000:8888]:90', 'http://[2001:4860:4860::8888]:90'],
  ];
  for (const [entry, sent] of table) {
    const { problems, warnings } = one(entry);
    t.same(problems, [], entry);
    t.same([...new Set(codes(warnings))], ['cors/origin-normalised'], entry);
    t.ok(grants(policyOf({ allowOrigins: [entry] }), sent), `${entry} takes ${sent}`);
  }
  t.equal(one('HTTPS://Example.com/').warnings.length, 2);
});

t.test('warns of patterns that strangers can get under, and takes them', async (t) => {
  const broad = [
    'https://*',
    'http://*',
    'https://*.com',
    'https://*.edu',
    'https://*.co.uk',
    'https://*.github.io',
    'https://*.vercel.app',
    '~.*',
    '~https?://.*',
    '~https://.+',
  ];
  for (const entry of broad) {
    const { problems, warnings } = check({ allowOrigins: [entry], allowCredentials: true });
    t.same(problems, [], entry);
    t.ok(codes(warnings).includes('cors/broad-pattern'), entry);
  }
  for (const entry of [
    'https://*.example.com',
    'https://*.internal',
    'http://*.localhost',
    '~https://.*\\.example\\.com',
  ])
    t.same(one(entry).warnings, [], entry);
});

t.test('warns of regular expressions that say more, or less, than they seem to', async (t) => {
  t.same(codes(one('~https://api.example\\.com').warnings), ['cors/regex-loose']);
  t.match(one('~https://api.example\\.com').warnings[0]?.fix, /write "\\\." for a dot, as in "i\\\.e"/);
  t.same(codes(one('~https://.*example\\.com').warnings), ['cors/regex-loose']);
  t.same(codes(one('~api\\.example\\.com').warnings), ['cors/regex-never-matches']);
  t.same(codes(one('~^example.com$').warnings), ['cors/regex-loose', 'cors/regex-never-matches']);
  for (const entry of [
    '~https://[^.]+\\.x\\.test',
    '~https://a.*\\.x\\.test',
    '~(?i)https://x\\.test',
    '~(.*[./])?foo\\.test:8000',
  ])
    t.same(one(entry).warnings, [], entry);
});

t.test('a wildcard takes one or more whole labels, same scheme, same port, never the apex', async (t) => {
  const table: [entry: string, taken: string[], refused: string[]][] = [
    [
      'https://*.example.com',
      ['https://a.example.com', 'https://a.b.c.example.com', 'https://--x.example.com', 'https://a_b.example.com'],
      [
        'https://example.com',
        'http://a.example.com',
        'https://a.example.com:8443',
        'https://aexample.com',
        'https://evil.comexample.com',
        'https://a.example.com.evil.test',
        'https://.example.com',
        'https://a..example.com',
        'https://user@a.example.com',
        'https://evil.test/.example.com',
        'https://evil.test#.example.com',
        'https://evil.com:any.example.com',
        'https://a.example.com.',
        'https://A.example.com',
        'https://a.example.com:443',
      ],
    ],
    [
      'http://*.example.com:8080',
      ['http://a.example.com:8080'],
      ['http://a.example.com', 'http://a.example.com:80', 'https://a.example.com:8080'],
    ],
    [
      'https://*.example.com:*',
      ['https://a.example.com', 'https://a.example.com:1', 'https://a.b.example.com:65535'],
      ['https://example.com:1', 'http://a.example.com:1', 'https://a.example.com:0'],
    ],
    [
      'http://localhost:*',
      ['http://localhost', 'http://localhost:3000'],
      ['https://localhost', 'http://a.localhost', 'http://localhost.evil.test'],
    ],
    ['http://[::1]:*', ['http://[::1]:3000', 'http://[::1]'], ['http://[::2]', 'https://[::1]']],
    [
      'https://*',
      ['https://a', 'https://a.b.test:8443', 'https://1.2.3.4', 'https://[::1]:8'],
      ['http://a', 'null', 'https://a/', 'https://a.,.b', 'wss://a'],
    ],
    ['https://*:8443', ['https://a:8443'], ['https://a']],
    ['https://*.com', ['https://foo.com'], ['https://foo.com:8443', 'https://com', 'https://foo.org']],
  ];
  for (const [entry, taken, refused] of table) {
    const policy = policyOf({ allowOrigins: [entry] });
    for (const origin of taken) t.ok(grants(policy, origin), `${entry} takes ${origin}`);
    for (const origin of refused) t.notOk(grants(policy, origin), `${entry} does not take ${origin}`);
  }
});

t.test('a regular expression must match the whole origin, each alternative on its own', async (t) => {
  const table: [entry: string, taken: string[], refused: string[]][] = [
    [
      '~https://foo\\.test|https://bar\\.test',
      ['https://foo.test', 'https://bar.test'],
      ['https://bar.test.evil.test', 'https://foo.test.evil.test', 'https://xfoo.test'],
    ],
    ['~a|https://ab|https://abc', ['https://ab', 'https://abc'], ['https://abcd']],
    [
      '~^https?://([a-z]+)\\.bar\\.org$',
      ['https://foo.bar.org', 'http://foo.bar.org'],
      ['https://bar.org', 'https://foo.bar.org:1'],
    ],
    ['~https://(?i)APP\\.test', ['https://app.test'], ['https://APP.test']],
    [
      '~.*',
      ['https://a', 'http://b:1'],
      [
        'null',
        '',
        'chrome-extension://abc',
        'https://a/',
        'https://a, https://b',
        'https://A',
        `https://${'a'.repeat(600)}`,
      ],
    ],
    ['~(?m)^https://a$', ['https://a'], ['https://a\nhttps://b']],
  ];
  for (const [entry, taken, refused] of table) {
    const policy = policyOf({ allowOrigins: [entry] });
    for (const origin of [...taken, ...taken])
      t.ok(grants(policy, origin), `${entry} takes ${origin}, again and again`);
    for (const origin of [...refused, ...refused])
      t.notOk(grants(policy, origin), `${entry} does not take ${JSON.stringify(origin)}`);
  }
});

t.test('the engine agrees with anchored JavaScript expressions', async () => {
  const part = fc.constantFrom('a', 'b', '\\.', '[a-c]', '.', '(a|ab)', '(?:b|)', 'x?', 'b*', '[^.]+');
  const source = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(source, source, fc.stringMatching(/^[abcx]{1,5}(\.[abcx]{1,4})?$/), (left, right, host) => {
      const text = `https://${left}|https://${right}`;
      assert.equal(
        grants(policyOf({ allowOrigins: [`~${text}`] }), `https://${host}`),
        new RegExp(`^(?:${text})$`).test(`https://${host}`),
        `${text} ${host}`,
      );
    }),
    { numRuns: 500 },
  );
});

t.test('no pattern and no origin takes more than linear time', async (t) => {
  const policy = policyOf({
    allowOrigins: ['~https://(a+)+b', '~https://(a|a)*c', '~https://([a-z]+.?)+!', '~(.*a.{100}){8}'],
  });
  // Of the CPU: what others on the machine take is not ours.
  const start = process.cpuUsage();
  for (let at = 0; at < 200; at++)
    t.notOk(grants(policy, `https://${'a'.repeat(50)}.${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}.x${at}`));
  const took = process.cpuUsage(start).user / 1000;
  t.ok(took < 5000, `200 new origins in ${took.toFixed(0)} ms; backtracking would not end`);
});

t.test('nothing but configured origins ever matches, and what is sent back is what came', async (t) => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/);
  const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
  const origin = fc
    .tuple(fc.constantFrom('http', 'https'), host, fc.constantFrom('', ':8080', ':9'))
    .map(([scheme, name, port]) => `${scheme}://${name}${port}`);
  const near = (configured: string) =>
    fc.oneof(
      fc.constant(configured),
      fc.string().map((junk) => configured + junk),
      fc.string().map((junk) => junk + configured),
      fc
        .tuple(fc.nat(configured.length), fc.string({ maxLength: 2 }))
        .map(([at, junk]) => configured.slice(0, at) + junk + configured.slice(at)),
      fc
        .tuple(fc.nat(configured.length), fc.nat(3))
        .map(([at, n]) => configured.slice(0, at) + configured.slice(at + n)),
      label.map((more) => configured.replace('://', `://${more}.`)),
      fc.constant(configured.toUpperCase()),
    );
  let matched = 0;
  fc.assert(
    fc.property(
      fc
        .array(origin, { minLength: 1, maxLength: 5 })
        .chain((list) => fc.tuple(fc.constant(list), fc.constantFrom(...list).chain(near))),
      ([list, sent]) => {
        const exact = send(policyOf({ allowOrigins: list, allowCredentials: true }), get(sent)).headers;
        assert.equal(exact['access-control-allow-origin'], list.includes(sent) ? sent : undefined);
        assert.equal(exact['access-control-allow-credentials'], list.includes(sent) ? 'true' : undefined);
        assert.equal(exact['vary'], 'Origin');
        // The same hosts as wildcards: only whole labels in front of them, and exactly what came goes back.
        const wild = list.map((entry) => entry.replace('://', '://*.'));
        const echoed = send(policyOf({ allowOrigins: wild }), get(sent)).headers['access-control-allow-origin'];
        const meant = list.some((entry) => {
          const [scheme = '', rest = ''] = entry.split('://');
          return (
            sent.startsWith(`${scheme}://`) &&
            /^(?:[a-z0-9_-]+\.)+$/.test(sent.slice(scheme.length + 3, -rest.length)) &&
            sent.endsWith(rest)
          );
        });
        assert.equal(echoed, meant ? sent : undefined, `${wild.join(' ')} ${sent}`);
        if (meant || list.includes(sent)) matched++;
      },
    ),
    { numRuns: 2000 },
  );
  t.ok(matched > 300, `${matched} of 2000 matched`);
});
