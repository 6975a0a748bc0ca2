import { test } from 'tap';
import type { Check } from '../../bench/core/cases.ts';
import { faultOf } from '../../bench/core/fault.ts';

const request = { method: 'GET', path: '/', headers: {}, body: 0 };
const check: Check = {
  what: 'the answer',
  request,
  status: 200,
  headers: { 'x-exact': 'a', vary: ['origin'], 'x-there': undefined, 'x-absent': null },
  body: 'hello',
};
const answer = { status: 200, headers: { 'x-exact': 'a', vary: 'Accept, Origin', 'x-there': '' }, body: 'hello' };

test('an answer with all that was asked for has no fault', async (t) => {
  t.equal(faultOf(check, answer), undefined);
  t.equal(faultOf({ ...check, body: /^h/ }, answer), undefined);
  t.equal(faultOf({ ...check, body: 5 }, answer), undefined);
});

test('the first fault is told with what was found', async (t) => {
  const fault = (change: object): string | undefined => faultOf(check, { ...answer, ...change });
  t.equal(fault({ status: 502 }), 'the answer: status 502, not 200');
  t.equal(fault({ headers: { ...answer.headers, 'x-exact': 'b' } }), 'the answer: x-exact is b');
  t.equal(fault({ headers: { ...answer.headers, vary: undefined } }), 'the answer: vary is absent');
  t.equal(fault({ headers: { ...answer.headers, 'x-there': undefined } }), 'the answer: x-there is absent');
  t.equal(fault({ headers: { ...answer.headers, 'x-absent': '1' } }), 'the answer: x-absent is 1');
  t.equal(fault({ body: '' }), 'the answer: the body is empty');
  t.equal(faultOf({ ...check, body: 6 }, answer), 'the answer: 5 bytes, not 6');
  t.equal(faultOf({ ...check, body: /^x/ }, answer), 'the answer: the body is hello');
});

test('a check without a body takes any', async (t) => {
  const { body: _, ...rest } = check;
  t.equal(faultOf(rest, { ...answer, body: 'anything' }), undefined);
});
