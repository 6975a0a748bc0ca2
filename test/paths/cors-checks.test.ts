import { test } from 'tap';
import { browserVerdict } from '../cases/browser-model.ts';
import { brokenInvariants, differences, fits } from '../cases/cors-answer.ts';
import type { CorsAnswer } from '../cases/cors-answer.ts';
import { readCorsCases, toLines } from '../cases/cors-case.ts';
import type { CaseHeaders, CaseRequest, Form } from '../cases/cors-case.ts';

const ORIGIN = 'https://app.example';

test('the model of the browser agrees with the rows of web-platform-tests', async (t) => {
  const { oracleCases } = readCorsCases();
  for (const { id, request, response, credentials, verdict } of oracleCases) {
    const exchanged = {
      method: request.method,
      sent: toLines(request.headers),
      status: response.status,
      received: toLines(response.headers),
    };
    t.equal(browserVerdict(exchanged, credentials), verdict, id);
  }
  t.equal(oracleCases.length, 24);
  t.same(new Set(oracleCases.map(({ verdict }) => verdict)), new Set(['allow', 'block']));
});

test('each form of an expected header takes what it means and nothing else', async (t) => {
  const table: [form: Form, name: string, values: readonly string[] | undefined, fitting: boolean][] = [
    [null, 'x', undefined, true],
    [null, 'x', [''], false],
    ['a', 'x', ['a'], true],
    ['a', 'x', ['A'], false],
    ['a', 'x', ['a', 'a'], false],
    ['a', 'x', undefined, false],
    [{ set: ['a', 'b'] }, 'x', ['B,  a'], true],
    [{ set: ['a', 'b'] }, 'x', ['b', 'a'], true],
    [{ set: ['a', 'b'] }, 'x', ['a'], false],
    [{ set: ['a', 'b'] }, 'x', ['a, b, c'], false],
    [{ set: ['a', 'b'] }, 'x', undefined, false],
    [{ set: ['PUT'] }, 'access-control-allow-methods', ['put'], false],
    [{ set: ['PUT'] }, 'access-control-allow-methods', ['PUT'], true],
    [{ includes: ['a'] }, 'x', ['b, A'], true],
    [{ includes: ['a'] }, 'x', ['ab'], false],
    [{ includes: ['a'] }, 'x', undefined, false],
    [{ excludes: ['a'] }, 'x', undefined, true],
    [{ excludes: ['a'] }, 'x', ['b'], true],
    [{ excludes: ['a'] }, 'x', ['b, A'], false],
    [{ includes: ['a'], excludes: ['b'] }, 'x', ['a, b'], false],
    [{ oneOf: [null, '*'] }, 'x', undefined, true],
    [{ oneOf: [null, '*'] }, 'x', ['*'], true],
    [{ oneOf: [null, '*'] }, 'x', ['a'], false],
    [{ oneOf: ['*', { set: ['a'] }] }, 'x', ['A'], true],
  ];
  for (const [form, name, values, fitting] of table)
    t.equal(fits(form, name, values), fitting, `${JSON.stringify(form)} ${JSON.stringify(values)}`);
});

const GET: CaseRequest = { method: 'GET', headers: { Origin: ORIGIN } };
const PREFLIGHT: CaseRequest = {
  method: 'OPTIONS',
  headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'PUT' },
};
const answer = (headers: CaseHeaders, rest: Partial<CorsAnswer> = {}): CorsAnswer => ({
  status: 200,
  reached: true,
  lines: toLines(headers),
  ...rest,
});
const good = { 'access-control-allow-origin': ORIGIN, vary: 'Origin' };
const whole = {
  ...good,
  'access-control-allow-credentials': 'true',
  'access-control-allow-methods': 'PUT',
  'access-control-allow-headers': 'x-a',
  'access-control-max-age': '1',
  'access-control-allow-private-network': 'true',
};

test('every invariant is broken by an answer that breaks it, and by no good one', async (t) => {
  const fine: [CaseRequest, CaseHeaders][] = [
    [GET, {}],
    [GET, good],
    [GET, { 'access-control-allow-origin': '*' }],
    [GET, { ...good, vary: '*' }],
    [GET, { ...good, vary: ['Accept', 'Origin'] }],
    [PREFLIGHT, whole],
  ];
  for (const [request, headers] of fine)
    t.same(brokenInvariants(request, answer(headers)), [], JSON.stringify(headers));
  const bad: [CaseRequest, CaseHeaders, RegExp][] = [
    [GET, { ...good, 'access-control-allow-origin': [ORIGIN, ORIGIN] }, /^more than one/],
    [GET, { ...good, 'access-control-allow-origin': `${ORIGIN}, *` }, /^more than one/],
    [{ method: 'GET', headers: { Origin: 'null' } }, { ...good, 'access-control-allow-origin': 'null' }, /is null/],
    [GET, { ...good, 'access-control-allow-origin': `${ORIGIN}/` }, /neither/],
    [GET, { ...good, 'access-control-allow-origin': ORIGIN.toUpperCase() }, /neither/],
    [{ method: 'GET', headers: {} }, good, /neither/],
    [GET, { ...good, vary: 'Accept' }, /without Vary/],
    [GET, { 'access-control-allow-origin': ORIGIN }, /without Vary/],
    [GET, { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }, /^\* together/],
    [GET, { 'access-control-allow-credentials': 'true' }, /without an origin/],
    [GET, { ...good, 'access-control-allow-credentials': 'false' }, /not true/],
    [GET, { ...good, 'access-control-allow-credentials': ['true', 'true'] }, /not true/],
    [GET, { ...good, 'access-control-allow-methods': 'GET' }, /allow-methods on an answer to no preflight/],
    [GET, { ...good, 'access-control-allow-headers': 'x' }, /allow-headers on/],
    [GET, { ...good, 'access-control-max-age': '1' }, /max-age on/],
    [GET, { ...good, 'access-control-allow-private-network': 'true' }, /allow-private-network on/],
    [{ method: 'OPTIONS', headers: { Origin: ORIGIN } }, whole, /on an answer to no preflight/],
    [GET, { ...good, 'access-control-expose-headers': '' }, /is empty/],
    [GET, { ...good, vary: 'Origin, origin' }, /stands twice/],
    [GET, { ...good, vary: ['Origin', 'Origin'] }, /stands twice/],
  ];
  for (const [request, headers, why] of bad)
    t.match(brokenInvariants(request, answer(headers)).join('; '), why, JSON.stringify(headers));
});

test('every part of an expectation is seen to fail', async (t) => {
  const expect = {
    handledBy: 'gateway',
    status: [200, 204],
    headers: { 'access-control-allow-origin': ORIGIN, 'x-gone': null },
    browser: { omit: 'allow', include: 'block' },
  } as const;
  const lists = { ...good, 'access-control-allow-methods': 'PUT' };
  const right = answer(lists, { reached: false, status: 204 });
  t.same(differences(PREFLIGHT, expect, right), []);
  const wrong: [CorsAnswer, RegExp][] = [
    [{ ...right, reached: true }, /handled by the upstream/],
    [{ ...right, status: 302 }, /status 302/],
    [{ ...right, lines: [...right.lines, ['x-gone', '1']] }, /x-gone/],
    [answer({ ...lists, 'access-control-allow-origin': '*' }, { reached: false }), /access-control-allow-origin/],
    [answer(good, { reached: false }), /credentials omit does not allow/],
    [
      answer({ ...lists, 'access-control-allow-credentials': 'true' }, { reached: false }),
      /credentials include does not block/,
    ],
  ];
  for (const [one, why] of wrong) t.match(differences(PREFLIGHT, expect, one).join('; '), why);
});
