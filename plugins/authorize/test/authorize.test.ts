import { tryPlugin } from '@postern/kit/testkit';
import type { Answer, Setting, TriedRequest } from '@postern/kit/testkit';
import authorize from '@postern/plugin-authorize';
import { test } from 'tap';

/** What becomes of a request, and which rule decided. */
async function judged(config: object, request: TriedRequest = {}, more: Setting = {}): Promise<string> {
  const tried = tryPlugin(authorize, { config, ...more });
  const { status } = await tried.send(request);
  return `${status} ${[...tried.counts.keys()].join(' ')}`;
}

const reader = {
  caller: { claims: { sub: 'alice', scope: 'read list', roles: ['reader', 'editor'], level: 7, admin: true } },
};

test('the first rule that fits decides, in the written order', async (t) => {
  const rules = [
    { name: 'writes', when: "request.method != 'GET'", action: 'deny' },
    { name: 'admins', when: "'admin' in claims.roles", action: 'allow' },
    { name: 'readers', when: "'read' in claims.scope", action: 'allow' },
    { when: "request.path == '/open'", action: 'allow' },
  ];
  t.equal(await judged({ rules }, {}, reader), '200 allowed_by_readers');
  t.equal(await judged({ rules }, { method: 'POST' }, reader), '403 denied_by_writes');
  t.equal(await judged({ rules }, { path: '/open' }), '200 allowed_by_rule-4');
  t.equal(await judged({ rules }), '403 denied_by_default');
  t.equal(await judged({ rules: rules.toReversed() }, { method: 'POST' }, reader), '200 allowed_by_readers');
  t.equal(await judged({ rules, default: 'allow' }), '200 allowed_by_default');
  t.equal(await judged({ rules, default: 'deny' }), '403 denied_by_default');
});

test('rules read request, consumer, claims, params, group and route', async (t) => {
  const rows: readonly (readonly [string, boolean])[] = [
    ["claims.sub == 'alice'", true],
    ["'reader' in claims.roles && 'editor' in claims['roles']", true],
    ["'read' in claims.roles", false],
    ["'read' in claims.scope && 'list' in claims.scope", true],
    ["'rea' in claims.scope || 'read list' in claims.scope", false],
    ['int(claims.level) > 5', true],
    ["claims.level == '7'", true],
    ["claims.admin == 'true'", true],
    ["'sub' in claims && has(claims.sub) && !('email' in claims)", true],
    ["claims.email == ''", true],
    ["'x' in claims.email", false],
    ["params.id == '42'", true],
    ['params.id == claims.level', false],
    ['has(params.id) && !has(params.other)', true],
    ["consumer.name == 'alice' && consumer.labels.tier == 'gold'", true],
    ["group.name == 'group' && route.name == 'route'", true],
    ["request.headers['x-tenant'] == 'acme' && request.query.page == '2'", true],
    ["['a', 'reader'].exists(role, role in claims.roles)", true],
    ["['a', 'reader'].all(role, role in claims.roles)", false],
  ];
  const setting: Setting = {
    path: '/items/{id}',
    caller: { ...reader.caller, consumer: { name: 'alice', labels: { tier: 'gold' } } },
  };
  const request = { path: '/items/42?page=2', headers: { 'x-tenant': 'acme' } };
  for (const [when, fits] of rows)
    t.equal(
      await judged({ rules: [{ name: 'a', when, action: 'allow' }] }, request, setting),
      fits ? '200 allowed_by_a' : '403 denied_by_default',
      when,
    );
});

test('a rule without an answer lets nobody in: one that allows does not fit, one that denies does', async (t) => {
  const when = 'int(claims.level) > 5';
  const none = { caller: { claims: { level: 'high' } } };
  const other = { name: 'b', when: "request.path == '/'" };
  const rules = (action: string, next: string) => [
    { name: 'a', when, action },
    { ...other, action: next },
  ];
  t.equal(await judged({ rules: rules('allow', 'allow') }, {}, none), '200 no_answer_in_a allowed_by_b');
  t.equal(await judged({ rules: rules('allow', 'deny') }, {}, none), '403 no_answer_in_a denied_by_b');
  t.equal(await judged({ rules: rules('deny', 'allow') }, {}, none), '403 no_answer_in_a denied_by_a');
  t.equal(await judged({ rules: rules('deny', 'allow') }, {}, reader), '403 denied_by_a');
  t.equal(
    await judged({ rules: rules('deny', 'allow') }, {}, { caller: { claims: { level: 1 } } }),
    '200 allowed_by_b',
  );
});

test('the client learns nothing of the rules; the decision says which one it was', async (t) => {
  const rules = [{ name: 'no-secrets', when: "request.path.startsWith('/secret')", action: 'deny' }];
  const tried = tryPlugin(authorize, { config: { rules, default: 'allow' } });
  const answer: Answer = await tried.send({ path: '/secret/plans' });
  t.equal(answer.status, 403);
  const { code, detail, policy } = JSON.parse(answer.body);
  t.same([code, detail, policy], ['authorize/denied', 'The request is not allowed.', 'policy']);
  t.notMatch(answer.body + JSON.stringify(answer.headers), 'no-secrets');
  t.match(answer.steps, [{ verdict: 'refuse', detail: 'The request is not allowed. The rule no-secrets denies it.' }]);
  t.equal(answer.decision.answer.detail, 'The request is not allowed.');
  const closed = await tryPlugin(authorize, { config: { rules } }).send();
  t.match(closed.steps, [{ detail: 'The request is not allowed. No rule allows it.' }]);
  t.equal(closed.headers['www-authenticate'], undefined);
});

test('in shadow it counts and refuses nobody', async (t) => {
  const tried = tryPlugin(authorize, { config: { rules: [{ when: 'true', action: 'deny' }] }, mode: 'shadow' });
  const answer = await tried.send();
  t.equal(answer.status, 200);
  t.match(answer.steps, [{ verdict: 'would refuse', code: 'authorize/denied' }]);
  t.equal(tried.counts.get('denied_by_rule-1'), 1);
});

test('every mistake in a rule is an issue at its expression, all at once', async (t) => {
  const rules = [
    { name: 'a', when: "claim.sub == 'x'", action: 'allow' },
    { name: 'a', when: 'request.path', action: 'deny' },
    { when: "request.method == 'GET' and true", action: 'allow' },
    { when: "request.headers.exists(h, h == 'a')", action: 'allow' },
  ];
  const issues = (config: object): readonly string[] =>
    tryPlugin(authorize, { config }).issues.map(({ severity, pointer, code }) => {
      const below = pointer.replace(/^\/policies\/\d+\/config/, '');
      return `${severity} ${below} ${code}`;
    });
  t.same(issues({ rules }), [
    'error /rules/0/when conditions/unknown-name',
    'error /rules/1/name authorize/name-twice',
    'error /rules/1/when conditions/type',
    'error /rules/2/when conditions/syntax',
    'error /rules/3/when conditions/not-taken',
  ]);
  t.same(issues({}), ['error  document/missing-key']);
  t.same(issues({ rules: [] }), ['error /rules document/value']);
  t.same(issues({ rules: [{ when: 'true', action: 'permit' }] }), ['error /rules/0/action document/value']);
  t.same(issues({ rules: [{ when: 'true', action: 'allow' }], default: 'allow' }), [
    'warning /default authorize/denies-nothing',
  ]);
});

test('it guards where it can deny, and answers nothing', async (t) => {
  const allow = { when: 'true', action: 'allow' };
  const deny = { when: 'true', action: 'deny' };
  t.equal(authorize.guards({ rules: [allow] }), true);
  t.equal(authorize.guards({ rules: [allow], default: 'deny' }), true);
  t.equal(authorize.guards({ rules: [deny], default: 'allow' }), true);
  t.equal(authorize.guards({ rules: [allow], default: 'allow' }), false);
  t.equal(authorize.answers?.({ rules: [allow] }), false);
});
