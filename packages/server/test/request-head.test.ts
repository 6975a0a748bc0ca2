import t from 'tap';
import { headStillFits } from '../src/wire/head-budget.ts';
import { CHUNKED, UNKNOWN, readFraming } from '../src/wire/request-framing.ts';
import { readRequestHead } from '../src/wire/request-head.ts';

const LIMITS = { headerBytes: 200, urlBytes: 50 };

/** The head of a request with these field lines. */
function headOf(...lines: readonly string[]): string {
  return ['GET /x HTTP/1.1', 'Host: h', ...lines, ''].join('\r\n');
}

t.test('a head is read into method, target, version and lines with names in lower case', async (t) => {
  t.strictSame(readRequestHead('GET /a?b=c HTTP/1.1\r\nHost: h:80\r\nX-A:  one two \t\r\nx-b:\r\nX-A: caf\xe9\r\n'), {
    kind: 'head',
    method: 'GET',
    target: '/a?b=c',
    minor: 1,
    pairs: ['host', 'h:80', 'x-a', 'one two', 'x-b', '', 'x-a', 'caf\xe9'],
  });
  t.match(readRequestHead('OPTIONS * HTTP/1.0\r\n'), {
    kind: 'head',
    method: 'OPTIONS',
    target: '*',
    minor: 0,
    pairs: [],
  });
});

t.test('what can be read in two ways is refused', async (t) => {
  for (const text of [
    'GET  /x HTTP/1.1\r\n',
    'GET /x  HTTP/1.1\r\n',
    'GET /x HTTP/1.1 \r\n',
    ' GET /x HTTP/1.1\r\n',
    'GET\t/x HTTP/1.1\r\n',
    'GET /x\tHTTP/1.1\r\n',
    'GET /x y HTTP/1.1\r\n',
    'GET /x\x00 HTTP/1.1\r\n',
    'G(T /x HTTP/1.1\r\n',
    'GET /x\r\n',
    'GET /x HTTP/1.2\r\n',
    'GET /x HTTP/2.0\r\n',
    'GET /x HTTP/0.9\r\n',
    'GET /x http/1.1\r\n',
    'GET /x HTTP/1.11\r\n',
    'GET /x HTTP/1.1\n',
    'PRI * HTTP/2.0\r\n',
    headOf('No-Colon'),
    headOf(': empty name'),
    headOf('Host : h'),
    headOf(' folded: line'),
    headOf('A: b', '\tfolded'),
    headOf('A: b\rc'),
    headOf('A: b\nC: d'),
    headOf('A: \x00'),
    headOf('A: \x7f'),
    headOf('N\xe4me: x'),
    headOf('Na(me: x'),
  ])
    t.match(readRequestHead(text), { kind: 'refused', status: 400, code: 'gate/malformed' }, JSON.stringify(text));
});

t.test('the framing of a request is one thing or a refusal', async (t) => {
  const framingOf = (lines: readonly string[], version = '1.1'): unknown => {
    const head = readRequestHead(headOf(...lines).replace('HTTP/1.1', `HTTP/${version}`));
    return head.kind === 'head' ? readFraming(head) : head;
  };
  for (const [lines, length] of [
    [[], 0],
    [['Content-Length: 0'], 0],
    [['Content-Length: 007'], 7],
    [['Transfer-Encoding: chunked'], CHUNKED],
    [['Transfer-Encoding: \tChunked'], CHUNKED],
    [['Transfer-Encoding: gzip, chunked'], UNKNOWN],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], UNKNOWN],
    [['Transfer-Encoding: chunked, identity'], UNKNOWN],
  ] as const)
    t.match(framingOf(lines), { kind: 'framing', length }, lines.join());
  for (const lines of [
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5, 5'],
    ['Content-Length: +5'],
    ['Content-Length: -5'],
    ['Content-Length: 0x5'],
    ['Content-Length: 5 5'],
    ['Content-Length:'],
    ['Content-Length: 99999999999999999999'],
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
  ])
    t.match(framingOf(lines), { kind: 'refused', status: 400 }, lines.join());
  t.match(framingOf(['Transfer-Encoding: chunked'], '1.0'), { length: UNKNOWN }, 'HTTP/1.0 has no transfer codings');
});

t.test('whether a connection goes on is what version and Connection say', async (t) => {
  for (const [version, connection, persistent] of [
    ['1.1', undefined, true],
    ['1.1', 'close', false],
    ['1.1', 'Close', false],
    ['1.1', 'x, close', false],
    ['1.1', 'upgrade', true],
    ['1.0', undefined, false],
    ['1.0', 'Keep-Alive', true],
    ['1.0', 'x', false],
  ] as const) {
    const text = headOf(...(connection === undefined ? [] : [`Connection: ${connection}`]));
    const head = readRequestHead(text.replace('HTTP/1.1', `HTTP/${version}`));
    t.match(head.kind === 'head' && readFraming(head), { persistent }, `${version} ${connection}`);
  }
});

t.test('what a client expects is nothing, a 100, or what nobody can give it', async (t) => {
  for (const [version, lines, expect] of [
    ['1.1', [], 'nothing'],
    ['1.1', ['Expect: 100-Continue'], 'continue'],
    ['1.1', ['Expect: 200-ok'], 'other'],
    ['1.1', ['Expect: 100-continue', 'Expect: x'], 'other'],
    ['1.0', ['Expect: 100-continue'], 'nothing'],
  ] as const) {
    const head = readRequestHead(headOf(...lines).replace('HTTP/1.1', `HTTP/${version}`));
    t.match(head.kind === 'head' && readFraming(head), { expect }, `${version} ${lines.join()}`);
  }
});

t.test('a head over its limits, or one that can never become a request, is refused before it is whole', async (t) => {
  const fits = (text: string): unknown => {
    const bytes = Buffer.from(text, 'latin1');
    return headStillFits(bytes, { start: 0, end: bytes.indexOf('\r\n\r\n'), limits: LIMITS });
  };
  t.equal(fits('GET /x HTTP/1.1\r\nHost: h\r\n\r\n'), undefined);
  t.equal(fits('GET /x HT'), undefined);
  t.equal(fits('GET /x HTTP/1.1\r'), undefined);
  t.match(fits(`GET /${'x'.repeat(100)}`), { status: 414 });
  t.match(fits(`GET /${'x'.repeat(100)} HTTP/1.1\r\nHost: h\r\n\r\n`), { status: 414 });
  t.match(fits(`GET / HTTP/1.1\r\nA: ${'x'.repeat(300)}`), { status: 431 });
  t.match(fits(`GET / HTTP/1.1\r\nA: ${'x'.repeat(300)}\r\n\r\n`), { status: 431 });
  t.match(fits('\x16\x03\x01\x02\x00\x01'), { status: 400 }, 'TLS on a plain port');
  t.match(fits('GET / HTTP/1.1\nHost: h\n\n'), { status: 400 }, 'bare line ends');
  t.match(fits('GET / HTTP/1.1\r\nA: \x00'), { status: 400 }, 'a control byte');
  t.match(fits('GET / HTTP/1.1\r\nA: b\rc'), { status: 400 }, 'a bare CR');
});
