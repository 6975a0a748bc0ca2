/** The judge and the strict readers, by tables: a corpus is worth what its judge notices. */
import { test } from 'tap';
import { readAnswers } from './answer-reader.ts';
import type { Answer } from './answer-reader.ts';
import { badInput } from './case.ts';
import { invariantViolations } from './invariants.ts';
import { violationsOf } from './judge.ts';
import type { Health, Observation } from './observation.ts';
import { PEER } from './peer.ts';
import type { Recording } from './recorder.ts';
import { StrictReader } from './strict-reader.ts';

function answer(status: number, more: Partial<Answer> = {}): Answer {
  return { status, lines: [['vary', 'Origin']], body: '', complete: true, ...more };
}

function recording(...texts: readonly string[]): Recording {
  const requests = texts.flatMap((text) => new StrictReader().push(Buffer.from(text, 'latin1')));
  return { requests, aborted: [], malformed: [], connections: texts.length, tunnelled: 0 };
}

function seen(statuses: readonly (number | Answer)[], more: Partial<Observation> = {}): Observation {
  const final = statuses.map((one) => (typeof one === 'number' ? answer(one) : one));
  return {
    answers: { final, informational: [], malformed: undefined },
    closed: true,
    same: undefined,
    u1: recording(),
    u2: recording(),
    hostile: recording(),
    canary: 0,
    upstreamHost: '127.0.0.1:1',
    ...more,
  };
}

const upstream = (head: string, body = ''): Partial<Observation> => ({
  u1: recording(`${head}\r\nHost: 127.0.0.1:1\r\n\r\n${body}`),
});
const post = (target: string): Partial<Observation> =>
  upstream(`POST ${target} HTTP/1.1\r\nContent-Length: 5`, 'hello');
const get = (target: string, fields = ''): Partial<Observation> => upstream(`GET ${target} HTTP/1.1${fields}`);

const TABLE: readonly (readonly [row: string, what: string, observed: Observation, must: RegExp | undefined])[] = [
  ['P-FRM-003', 'refused and closed', seen([400]), undefined],
  ['P-FRM-003', 'closed without a word', seen([]), undefined],
  ['P-FRM-003', 'another status', seen([404]), /answered 404, not 400 or 501/],
  ['P-FRM-003', 'left open', seen([400], { closed: false }), /stayed open/],
  ['P-FRM-003', 'nothing at all', seen([], { closed: false }), /neither an answer/],
  ['P-FRM-003', 'sent on and then refused', seen([400], post('/echo/x')), /1 requests went upstream/],
  ['P-FRM-003', 'refused twice', seen([400, 400]), /2 answers/],
  ['P-FRM-011', 'sent on in one reading', seen([200], post('/echo/x')), undefined],
  [
    'P-FRM-011',
    'sent on with another body',
    seen([200], upstream('POST /echo/x HTTP/1.1\r\nContent-Length: 2', 'he')),
    /the body is "he"/,
  ],
  ['P-FRM-011', 'a second request made of it', seen([200], post('/echo/smuggled')), /holds smuggled/],
  ['P-FRM-011', 'neither answered nor closed', seen([], { closed: false, ...post('/echo/x') }), /no answer/],
  ['P-RLN-002', 'not sent on', seen([400]), undefined],
  ['P-RLN-018', 'to the canary', seen([404], { canary: 1 }), /canary/],
  ['P-RLN-021', 'sent on though it is ours to answer', seen([200], get('/echo/x')), /answers itself/],
  ['P-RLN-021', 'answered', seen([200]), undefined],
  ['P-PTH-002', 'resolved by the upstream', seen([200], get('/echo/../admin/secret')), /resolves to \/admin\/secret/],
  [
    'P-PTH-004',
    'resolved by the upstream, escaped',
    seen([200], get('/echo/..%2fadmin/secret')),
    /resolves to \/admin\/secret/,
  ],
  ['P-PTH-001', 'behind the guard', seen([403], { u2: { ...recording(), connections: 1 } }), /behind the guard/],
  ['P-PTH-024', 'sent on', seen([200], get('/echo/x?/../../admin/secret')), undefined],
  ['P-PTH-024', 'refused though it is good', seen([400]), /no upstream got it/],
  ['P-HDR-009', 'byte by byte', seen([200], get('/echo/h', '\r\nX-A: caf\xe9')), undefined],
  ['P-HDR-009', 'in another coding', seen([200], get('/echo/h', '\r\nX-A: caf\xc3\xa9')), /byte by byte/],
  [
    'P-HDR-020',
    'believed',
    seen([200], get('/echo/h', `\r\nX-Forwarded-For: ${PEER}\r\nX-Real-IP: 127.0.0.1`)),
    /x-real-ip with 127.0.0.1/,
  ],
  [
    'P-HDR-020',
    'told wrong',
    seen([200], get('/echo/h', '\r\nX-Forwarded-For: 10.0.0.1')),
    /x-forwarded-for ends in 10.0.0.1/,
  ],
  ['P-COR-001', 'without a grant', seen([200], get('/echo/cors')), /access-control-allow-origin is absent/],
  ['P-COR-029', 'without Vary', seen([answer(400, { lines: [] })]), /vary is absent/],
  ['P-UPS-005', 'broken off', seen([answer(200, { complete: false })]), undefined],
  ['P-UPS-005', 'made whole', seen([200]), /looks whole/],
  ['P-UPS-013', 'passed on', seen([999]), undefined],
  ['P-UPS-012', 'passed on', seen([200]), /answered 200/],
  ['P-UPS-001', 'to the next', seen([200], { next: answer(200, { body: 'EVIL' }) }), /next client got EVIL/],
];

test('the judge notices what must not be, and nothing else', async (t) => {
  for (const [id, what, observed, wanted] of TABLE) {
    const found = violationsOf(badInput(id), observed, 'must').join('; ');
    if (wanted === undefined) t.equal(found, '', `${id}, ${what}: is well`);
    else t.match(found, wanted, `${id}, ${what}: is noticed`);
  }
});

test('a target is judged by itself', async (t) => {
  const row = badInput('P-FRM-011');
  t.same(violationsOf(row, seen([200], post('/echo/x')), 'must'), []);
  t.match(violationsOf(row, seen([200], post('/echo/x')), 'target').join(), /1 requests went upstream/);
});

const WELL: Health = {
  alive: true,
  probes: [{ expected: 'echo', answer: answer(200, { body: 'echo' }), time: 1 }],
  unlogged: [],
  lines: [],
  p99: 1,
};
const same = (final: readonly Answer[], closed = false): Partial<Observation> => ({
  closed: false,
  same: { answers: { final, informational: [], malformed: undefined }, expected: 'mine', closed },
});
const mine = answer(200, { body: 'mine' });

test('each of the eight invariants is looked at', async (t) => {
  const row = badInput('P-RLN-025');
  const check = (observed: Observation, health: Partial<Health>, wanted: RegExp): void =>
    void t.match(invariantViolations(row, observed, { ...WELL, ...health }).join('; '), wanted);
  t.same(invariantViolations(row, seen([400]), WELL), []);
  t.same(invariantViolations(row, seen([400], same([answer(400), mine])), WELL), []);
  check(seen([400]), { alive: false }, /^I1/);
  check(seen([400]), { probes: [{ expected: 'a', answer: answer(200, { body: 'b' }), time: 1 }] }, /^I2/);
  check(seen([400]), { probes: [{ expected: 'a', answer: undefined, time: 1 }] }, /^I2/);
  check(seen([400], { u1: { ...recording(), malformed: ['G'] } }), {}, /^I3/);
  check(seen([500]), {}, /^I4/);
  check(seen([400], same([answer(400), answer(200, { body: 'other' })])), {}, /^I5/);
  check(seen([400], same([answer(400), mine, answer(200)])), {}, /^I5/);
  check(seen([400], same([answer(400)], true)), {}, /^I5/);
  check(seen([400]), { p99: 5_000 }, /^I6/);
  check(seen([400]), { unlogged: ['id'] }, /^I7/);
  check(seen([400]), { lines: ['a\0b'] }, /^I8/);
  check(seen([answer(400, { lines: [['x-a', 'a\x01']] })]), {}, /^I8/);
});

test('the strict upstream takes well-formed requests and nothing else', async (t) => {
  const whole = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const good: readonly (readonly [string, number])[] = [
    [whole, 1],
    [whole + whole, 2],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok', 1],
    ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 1],
  ];
  for (const [text, count] of good) {
    for (const step of [1, 7, text.length]) {
      const reader = new StrictReader();
      let found = 0;
      for (let at = 0; at < text.length; at += step)
        found += reader.push(Buffer.from(text.slice(at, at + step))).length;
      t.same([found, reader.malformed(), reader.pending], [count, undefined, false], JSON.stringify(text));
    }
  }
  for (const text of [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\nHost: a\n\n\r\n\r\n',
    'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokX\r\n0\r\n\r\n',
  ]) {
    const reader = new StrictReader();
    t.same(reader.push(Buffer.from(text)), [], JSON.stringify(text));
    t.type(reader.malformed(), 'string', `${JSON.stringify(text)} is malformed`);
  }
});

test('answers are read by their own framing', async (t) => {
  const read = (text: string, ended: boolean): string => {
    const { final, informational, malformed } = readAnswers(Buffer.from(text), { ended });
    return `${informational.length} ${final.map(({ status, body, complete }) => `${status}${body}${complete ? '.' : '~'}`).join(' ')} ${malformed ?? ''}`.trim();
  };
  t.equal(read('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 204 No\r\n\r\n', false), '0 200ok. 204.');
  t.equal(read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no', true), '1 200o~');
  t.equal(read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', false), '0 200ok.');
  t.equal(read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n', true), '0 200ok~');
  t.equal(read('HTTP/1.1 200 OK\r\n\r\nok', false), '0 200ok~');
  t.equal(read('HTTP/1.1 200 OK\r\n\r\nok', true), '0 200ok.');
  t.match(read('HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n', false), /a\0b/);
  t.match(read('nonsense\r\n\r\n', true), /nonsense/);
});
