import assert from 'node:assert/strict';
import t from 'tap';
import { isHost, isIpv4, isPort } from '../src/host.ts';
import { isSameOrigin, LONGEST_ORIGIN, parseOrigin } from '../src/origin.ts';
import fc from '../../../test/kit/properties.ts';

t.test('takes serialised http and https origins apart', async (t) => {
  const table: [string, string, string, string][] = [
    ['https://example.com', 'https', 'example.com', ''],
    ['http://example.com:8080', 'http', 'example.com', '8080'],
    ['https://a.b.c.example.com', 'https', 'a.b.c.example.com', ''],
    ['http://localhost:3000', 'http', 'localhost', '3000'],
    ['https://--aaa.bbb.com', 'https', '--aaa.bbb.com', ''],
    ['https://a_b.example.com', 'https', 'a_b.example.com', ''],
    ['https://xn--rsum-bpad.com', 'https', 'xn--rsum-bpad.com', ''],
    ['http://127.0.0.1:5173', 'http', '127.0.0.1', '5173'],
    ['http://[::1]', 'http', '[::1]', ''],
    ['http://[2001:db8::1]:65535', 'http', '[2001:db8::1]', '65535'],
    ['https://example.com.', 'https', 'example.com.', ''],
    ['http://example.com:443', 'http', 'example.com', '443'],
  ];
  for (const [text, scheme, host, port] of table) t.same(parseOrigin(text), { scheme, host, port }, text);
});

t.test('takes nothing that is not one well-formed serialised origin', async (t) => {
  const table = [
    '',
    'null',
    '*',
    'example.com',
    '//example.com',
    'https:',
    'https://',
    'https:///',
    'https://.',
    'https:// ',
    'https://example.com/',
    'https://example.com/path',
    'https://example.com?',
    'https://example.com#x',
    'https://user@example.com',
    'https://example.com@evil.test',
    'https://example.com:',
    'https://example.com:x',
    'https://a.example, https://b.example',
    'https://a.example,https://b.example',
    'https://a.example https://b.example',
    'https://Example.com',
    'HTTPS://example.com',
    'https://example.com:443',
    'http://example.com:80',
    'https://example.com:0',
    'https://example.com:080',
    'https://example.com:65536',
    'https://example.com:123456',
    'https://example.com\0',
    'https://example.com\r\nx: y',
    'https://exa	mple.com',
    ' https://example.com',
    'https://résumé.com',
    'https://example.com​',
    'https://a..b',
    'https://.example.com',
    'https://a.,.b',
    'https://a.!.b',
    'https://a.(.b',
    'https://a.*.b',
    'https://a.`.b',
    'https://a.=.b',
    'https://a%60.b',
    'https://evil.com:any.example.com',
    'https://example.com:80:90',
    'https://1.2.3',
    'https://1.2.3.4.5',
    'https://256.1.1.1',
    'https://01.2.3.4',
    'https://foo.123',
    'https://foo.0x1f',
    'http://[::1',
    'http://::1',
    'http://[0:0:0:0:0:0:0:1]',
    'http://[::G]',
    'http://[::1]x',
    'http://[::ffff:1.2.3.4]',
    'ftp://example.com',
    'chrome-extension://abcdef',
    'file://',
    'data:,x',
    `https://${'a'.repeat(64)}.com`,
    `https://${'a.'.repeat(130)}com`,
    `https://${'a'.repeat(LONGEST_ORIGIN)}`,
  ];
  for (const text of table) t.equal(parseOrigin(text), undefined, JSON.stringify(text));
});

t.test('what parses is what a URL parser serialises, byte for byte', async (t) => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
  const host = fc.oneof(
    fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.string(),
  );
  const text = fc
    .tuple(fc.constantFrom('http://', 'https://', 'HTTP://', ''), host, fc.option(fc.integer({ min: -1, max: 70000 })))
    .map(([scheme, name, port]) => `${scheme}${name}${port === null ? '' : `:${port}`}`);
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(text, fc.webUrl(), fc.string({ unit: 'binary' })), (sent) => {
      const origin = parseOrigin(sent);
      if (origin === undefined) return;
      taken++;
      assert.equal(new URL(sent).origin, sent);
      assert.equal(`${origin.scheme}://${origin.host}${origin.port === '' ? '' : `:${origin.port}`}`, sent);
    }),
    { numRuns: 3000 },
  );
  t.ok(taken > 300, `${taken} of 3000 were origins`);
});

t.test('takes origins that browsers really serialise', async () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (url) => {
      const { origin, hostname } = new URL(url);
      // The URL standard lets more into names than ours does: `!`, `$`, `'` and the like.
      if (/^[a-z0-9._[\]:-]+$/.test(hostname)) assert.notEqual(parseOrigin(origin), undefined, origin);
    }),
    { numRuns: 1000 },
  );
});

t.test('knows hosts and ports', async (t) => {
  for (const host of ['1.2.3.4', '0.0.0.0', '255.255.255.255']) t.ok(isIpv4(host), host);
  for (const host of ['1.2.3', '1.2.3.4.', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', '']) t.notOk(isIpv4(host), host);
  for (const port of ['1', '80', '65535']) t.ok(isPort(port), port);
  for (const port of ['', '0', '080', '65536', '99999', '-1', '8o', '8080x']) t.notOk(isPort(port), port);
  t.ok(isHost('a'));
  t.notOk(isHost('a-.b..c'));
});

t.test('an origin is the request own when scheme, host and port are equal, default ports equal none', async (t) => {
  const table: [string, 'http' | 'https', string, boolean][] = [
    ['https://api.example.com', 'https', 'api.example.com', true],
    ['https://api.example.com', 'https', 'api.example.com:443', true],
    ['https://api.example.com:443', 'https', 'api.example.com', true],
    ['http://api.example.com', 'http', 'api.example.com:80', true],
    ['http://api.example.com:8080', 'http', 'api.example.com:8080', true],
    ['http://[::1]:8080', 'http', '[::1]:8080', true],
    ['http://api.example.com', 'https', 'api.example.com', false],
    ['https://api.example.com', 'http', 'api.example.com', false],
    ['https://api.example.com:8443', 'https', 'api.example.com', false],
    ['https://api.example.com', 'https', 'api.example.com:80', false],
    ['https://example.com', 'https', 'api.example.com', false],
    ['https://api.example.com.evil.test', 'https', 'api.example.com', false],
    ['https://xapi.example.com', 'https', 'api.example.com', false],
    ['null', 'https', 'api.example.com', false],
    ['', 'https', 'api.example.com', false],
  ];
  for (const [origin, scheme, host, same] of table)
    t.equal(isSameOrigin(origin, { scheme, host }), same, `${origin} ${scheme} ${host}`);
});
