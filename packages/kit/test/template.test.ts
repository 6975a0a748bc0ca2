import { compileTemplate, escapeHtml, escapeJson, toFieldValue, toPathPart, toQueryPart } from '@postern/kit';
import { testContext, testExchange } from '@postern/kit/testkit';
import type { Escape, Exchange } from '@postern/kit';
import { test } from 'tap';

const context = testContext();

function made(text: string, exchange: Exchange = testExchange(), escape?: Escape): string {
  const template = compileTemplate(text, context);
  if (template.kind === 'wrong') throw new Error(template.findings.map(({ message }) => message).join('\n'));
  return template.valueOf(exchange, escape);
}

test('values stand where their expressions do, and what is not there is empty', async (t) => {
  const exchange = testExchange({ path: '/a/b', query: 'q=1+2', headers: { 'x-a': 'one' } });
  exchange.setClaims({ sub: 'jo', roles: ['a', 'b'] });
  t.equal(made('{{ request.path }}', exchange), '/a/b');
  t.equal(made("<{{request.headers['X-A']}}|{{ request.query['q'] }}>", exchange), '<one|1 2>');
  t.equal(made('{{ claims.sub }}:{{ claims.roles }}:{{ claims.none }}:{{ params.id }}', exchange), 'jo:a b::');
  t.equal(made("{{ 'sub' in claims ? 'known' : 'unknown' }}", exchange), 'known');
});

test('a text without expressions is made once', async (t) => {
  const template = compileTemplate('plain } text { }}', context);
  t.match(template, { kind: 'read', constant: 'plain } text { }}' });
  t.equal(made('plain } text { }}'), 'plain } text { }}');
});

test('braces inside a quoted text of an expression are its own, and two literal braces can be written', async (t) => {
  t.equal(made("{{ '}}' }}|{{ '{{' }}|{{ \"it's }}\" }}|{{ 'a\\'}}' }}"), "}}|{{|it's }}|a'}}");
  t.equal(made('{"a":{"b":"{{ request.method }}"}}'), '{"a":{"b":"GET"}}');
});

test('escapes are for values alone', async (t) => {
  const exchange = testExchange({ headers: { 'x-a': '<b>"&' } });
  t.equal(made("<i>{{ request.headers['x-a'] }}</i>", exchange, escapeHtml), '<i>&lt;b&gt;&quot;&amp;</i>');
  t.equal(JSON.parse(made('"{{ request.headers[\'x-a\'] }}"', exchange, escapeJson)), '<b>"&');
});

test('an expression without an answer is the empty text, and breaks nothing', async (t) => {
  t.equal(made("[{{ int(request.headers['x-a']) > 1 ? 'many' : 'one' }}]"), '[]');
});

test('everything that is wrong with a template is said at once', async (t) => {
  const codes = (text: string): readonly string[] => {
    const template = compileTemplate(text, context);
    return template.kind === 'wrong' ? template.findings.map(({ code }) => code) : ['read'];
  };
  t.same(codes('{{ request.path'), ['template/unclosed']);
  t.same(codes("{{ 'a }}"), ['template/unclosed']);
  t.same(codes('{{ }} {{}}'), ['template/empty', 'template/empty']);
  t.same(codes('{{ params.a }}'.repeat(65)), ['template/too-large']);
  t.same(codes('x'.repeat(256 * 1024 + 1)), ['template/too-large']);
  t.equal(compileTemplate('{{ request.nothing }}', context).kind, 'wrong');
});

test('a value of a header field has no line break and no control, and nothing beyond Latin-1', async (t) => {
  t.equal(toFieldValue(' a\r\nset-cookie: b\u0000\u007f\u20ac\u{1f600} é\t'), 'a??set-cookie: b???? é');
  t.equal(toFieldValue('a\tb'), 'a\tb');
});

test('a part of a path or a query cannot end it, and what is a path already stays', async (t) => {
  t.equal(toPathPart('a/b?c#d%2e é'), 'a%2Fb%3Fc%23d%252e%20%C3%A9');
  t.equal(toPathPart('/a%20b/c&d', 'request.path'), '/a%20b/c&d');
  t.equal(toPathPart('a%2Fb', 'params.id'), 'a%2Fb');
  t.equal(toPathPart('a%2Fb', "params['id']"), 'a%2Fb');
  t.equal(toQueryPart('a&b=c+d'), 'a%26b%3Dc%2Bd');
  t.equal(toQueryPart('/a&b=%20', 'request.path'), '/a%26b%3D%20');
  t.equal(toQueryPart("it's\ud800"), 'it%27s%EF%BF%BD');
});

test('a text in JSON may stand in a page and has no lone surrogate', async (t) => {
  t.equal(escapeJson('</script>&\u2028"\\\n'), '\\u003c/script\\u003e\\u0026\\u2028\\"\\\\\\n');
  t.equal(escapeJson('\ud800'), '\\ud800');
});
