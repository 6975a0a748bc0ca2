import { testContext, tryPlugin } from '@postern/kit/testkit';
import type { Finding, Handlers } from '@postern/kit';
import headers from '@postern/plugin-headers';
import { test } from 'tap';

function compile(config: object): Handlers {
  const compiled = headers.compile(config, testContext());
  if (Array.isArray(compiled)) throw new Error(JSON.stringify(compiled));
  return compiled as Handlers;
}

function findings(config: object): readonly Finding[] {
  const compiled = headers.compile(config, testContext());
  return Array.isArray(compiled) ? (compiled as readonly Finding[]) : [];
}

test('sets, adds and removes headers of the request that goes upstream', async (t) => {
  const config = {
    request: { set: { 'X-Team': 'web' }, add: { Accept: 'application/json', 'X-New': 'yes' }, remove: ['Cookie'] },
  };
  const { upstream, decision } = await tryPlugin(headers, { config }).send({
    headers: { 'x-team': 'client', accept: 'text/html', cookie: 'a=b', 'x-other': 'kept' },
  });
  t.match(upstream?.headers, {
    'x-team': 'web',
    accept: 'text/html, application/json',
    'x-new': 'yes',
    'x-other': 'kept',
  });
  t.notOk('cookie' in (upstream?.headers ?? {}));
  t.same(new Map(decision.request.headers).get('x-team'), 'client', 'what the client sent is as it was');
});

test('sets, adds and removes headers of the response, whoever made it', async (t) => {
  const config = {
    response: {
      set: { 'Strict-Transport-Security': 'max-age=1' },
      add: { Vary: 'accept-language' },
      remove: ['server'],
    },
  };
  const tried = tryPlugin(headers, { config, path: '/known' });
  const upstream = { status: 502, headers: { server: 'nginx', vary: 'accept' } };
  const passed = await tried.send({ path: '/known', upstream });
  t.strictSame(passed.headers, { vary: 'accept, accept-language', 'strict-transport-security': 'max-age=1' });
  const own = await tried.send({ path: '/unknown' });
  t.match(own, { status: 404, headers: { vary: 'accept-language', 'strict-transport-security': 'max-age=1' } });
});

test('adds a cookie as a line of its own', async (t) => {
  const tried = tryPlugin(headers, { config: { response: { add: { 'set-cookie': 'b=2' } } } });
  const { decision } = await tried.send({ upstream: { headers: { 'set-cookie': 'a=1' } } });
  t.equal(decision.answer.headers.filter(([name]) => name === 'set-cookie').length, 2);
});

test('in shadow no header changes', async (t) => {
  const config = { request: { set: { 'x-a': '1' } }, response: { set: { 'x-a': '1' } } };
  const answer = await tryPlugin(headers, { config, mode: 'shadow' }).send();
  t.notOk('x-a' in answer.headers || 'x-a' in (answer.upstream?.headers ?? {}));
  t.match(answer.steps, [{ edits: [{ name: 'x-a', dropped: true }] }, { edits: [{ name: 'x-a', dropped: true }] }]);
});

test('is absent from steps on which it has nothing to do', async (t) => {
  t.strictSame(Object.keys(compile({ request: { remove: ['cookie'] } })), ['request']);
  t.strictSame(Object.keys(compile({ response: { remove: ['server'] } })), ['response']);
});

test('warns of a policy that edits nothing', async (t) => {
  const context = testContext();
  t.strictSame(headers.compile({ request: { set: {} } }, context), {});
  t.match(context.warnings, [{ code: 'headers/nothing-to-do' }]);
});

test('refuses names that frame a message, belong to one connection or name the host, with the mend', async (t) => {
  for (const [name, code] of [
    ['Content-Length', 'headers/framing'],
    ['transfer-encoding', 'headers/framing'],
    ['Connection', 'headers/hop-by-hop'],
    ['te', 'headers/hop-by-hop'],
    ['upgrade', 'headers/hop-by-hop'],
    ['not a token', 'headers/name'],
    ['', 'headers/name'],
    ['x:y', 'headers/name'],
  ] as const) {
    for (const direction of ['request', 'response']) {
      t.match(findings({ [direction]: { set: { [name]: 'x' } } }), [
        { code, path: [direction, 'set', name], atKey: true },
      ]);
      t.match(findings({ [direction]: { remove: [name] } }), [{ code, path: [direction, 'remove', 0], fix: /./ }]);
    }
  }
  t.match(findings({ request: { set: { Host: 'x' } } }), [{ code: 'headers/host', fix: /preserveHost/ }]);
  t.strictSame(findings({ response: { set: { Host: 'x' } } }), []);
});

test('refuses every Access-Control-* header of a response, and points to the cors plugin', async (t) => {
  const found = findings({
    response: {
      set: { 'Access-Control-Allow-Origin': '*' },
      add: { 'access-control-expose-headers': 'x' },
      remove: ['ACCESS-CONTROL-MAX-AGE'],
    },
  });
  t.equal(found.length, 3);
  for (const finding of found) t.match(finding, { code: 'headers/cors-owned', fix: 'use the cors plugin' });
  t.strictSame(findings({ request: { remove: ['access-control-request-method'] } }), []);
});

test('refuses values with line breaks, control bytes or characters no header can carry, and does not show them', async (t) => {
  for (const value of ['a\r\nset-cookie: b', 'secret\n', '\u0000', '\u007f', '€']) {
    const found = findings({ request: { set: { 'x-a': value } } });
    t.match(found, [{ code: 'headers/value', path: ['request', 'set', 'x-a'] }]);
    t.notMatch(found[0]?.message, /secret/);
  }
  t.strictSame(findings({ request: { set: { 'x-a': 'tab\tand é' } } }), []);
});

test('refuses one header edited twice in one direction, in whatever case', async (t) => {
  const config = { request: { set: { 'X-A': '1', 'x-a': '2' }, remove: ['X-a'] }, response: { set: { 'x-a': '1' } } };
  t.match(findings(config), [{ code: 'headers/named-twice' }, { code: 'headers/named-twice' }]);
});

test('says every problem at once', async (t) => {
  t.equal(findings({ request: { set: { host: 'a\n' } }, response: { remove: ['te', 'upgrade'] } }).length, 4);
});
