import t from 'tap';
import { readResponseHead } from '../src/wire/response-head.ts';

const FINE: readonly (readonly [head: string, status: number, body: unknown, idleFor: number])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', 200, 5, 4_000],
  ['HTTP/1.1 200 \r\nContent-Length: 0\r\n', 200, 0, 4_000],
  ['HTTP/1.1 200 all is \xe9 well\r\nContent-Length:5\r\n', 200, 5, 4_000],
  ['HTTP/1.1 200 OK\r\ncontent-length: \t005 \t\r\n', 200, 5, 4_000],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n', 200, 'chunked', 4_000],
  ['HTTP/1.1 200 OK\r\n', 200, 'until-close', 0],
  ['HTTP/1.0 200 OK\r\n', 200, 'until-close', 0],
  ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\n', 200, 5, 0],
  ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n', 200, 5, 4_000],
  ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, close\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x-a , CLOSE\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nConnection: x-a\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x-a\r\nConnection: close\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nConnection: keep-alive\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n', 200, 5, 4_000],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: max=100, timeout=3\r\n', 200, 5, 2_000],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=9999\r\n', 200, 5, 60_000],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=1\r\n', 200, 5, 0],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: nonsense\r\n', 200, 5, 4_000],
  ['HTTP/1.1 204 No Content\r\n', 204, 'none', 4_000],
  ['HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n', 304, 'none', 4_000],
  ['HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n', 103, 'none', 4_000],
  ['HTTP/1.1 599 Odd\r\nContent-Length: 999999999999999\r\n', 599, 999_999_999_999_999, 4_000],
];

t.test('a head of HTTP/1 says where its body ends and how long its connection may wait', async (t) => {
  for (const [head, status, body, idleFor] of FINE) {
    const { pairs: _, ...read } = Object(readResponseHead(head, false));
    t.strictSame(read, { status, body, idleFor }, JSON.stringify(head));
  }
});

t.test('field lines come in order, names in lower case, values without the white space around', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-E:\r\nSET-COOKIE: \t b=2; x \t\r\n__proto__: p\r\n';
  t.strictSame(Object(readResponseHead(head, true)).pairs, [
    'set-cookie',
    'a=1',
    'x-e',
    '',
    'set-cookie',
    'b=2; x',
    '__proto__',
    'p',
  ]);
});

t.test('the answer to HEAD has no body, and its length is checked all the same', async (t) => {
  t.match(readResponseHead('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n', true), { body: 'none', idleFor: 4_000 });
  t.match(readResponseHead('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', true), { body: 'none' });
  t.match(readResponseHead('HTTP/1.1 200 OK\r\n', true), { body: 'none', idleFor: 4_000 });
  t.type(readResponseHead('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n', true), 'string');
});

const LINE = 'the status line is not one of HTTP/1';
const TWICE = 'the length of the body is told in two ways';
const NUMBER = 'the length of the body is no number';
const CODING = 'the coding of the transfer is not chunked';
const PROBLEMS: readonly (readonly [head: string, problem: string])[] = [
  ['just text\r\n', LINE],
  ['HTTP/2.0 200 OK\r\n', LINE],
  ['HTTP/1.2 200 OK\r\n', LINE],
  ['HTTP/1.10 200 OK\r\n', LINE],
  ['http/1.1 200 OK\r\n', LINE],
  [' HTTP/1.1 200 OK\r\n', LINE],
  ['\r\nHTTP/1.1 200 OK\r\n', LINE],
  ['HTTP/1.1  200 OK\r\n', LINE],
  ['HTTP/1.1\t200 OK\r\n', LINE],
  ['HTTP/1.1 20 OK\r\n', LINE],
  ['HTTP/1.1 2000 OK\r\n', LINE],
  ['HTTP/1.1 +20 OK\r\n', LINE],
  ['HTTP/1.1 2x0 OK\r\n', LINE],
  ['HTTP/1.1 200\r\n', LINE],
  ['HTTP/1.1 200 O\0K\r\n', LINE],
  ['HTTP/1.1 200 O\rK\r\n', LINE],
  ['HTTP/1.1 200 OK\nX: y\r\n', LINE],
  ['HTTP/1.1 099 Low\r\n', LINE],
  ['HTTP/1.1 600 High\r\n', LINE],
  ['HTTP/1.1 999 Nope\r\nContent-Length: 0\r\n', LINE],
  [
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n',
    'the protocol is switched without being asked',
  ],
  ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n', TWICE],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n', TWICE],
  ['HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n', TWICE],
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 6\r\n', TWICE],
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n', TWICE],
  ...['', '2, 2', '+2', '-2', '0x2', '2.0', '2e1', '1 2', '\u00b2', '9999999999999999', '1_0'].map(
    (length) => [`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n`, NUMBER] as const,
  ),
  ...['', 'gzip', 'identity', 'gzip, chunked', 'chunked, chunked', 'chunked;q=1', 'xchunked', '"chunked"'].map(
    (coding) => [`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n`, CODING] as const,
  ),
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', CODING],
  ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n', CODING],
  ['HTTP/1.1 200 OK\r\nX-A: a\0b\r\n', 'a field value holds a control byte'],
  ['HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: evil=1\r\n', 'a field value holds a control byte'],
  ['HTTP/1.1 200 OK\r\nX-A: a\r\n folded\r\n', 'a field name is no token'],
  ['HTTP/1.1 200 OK\r\nX-A : a\r\n', 'a field name is no token'],
  ['HTTP/1.1 200 OK\r\n: a\r\n', 'a field line has no name'],
  [`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(257)}`, 'the head has too many lines'],
];

t.test('what could be read in two ways is a problem, and says which', async (t) => {
  for (const [head, problem] of PROBLEMS) t.equal(readResponseHead(head, false), problem, JSON.stringify(head));
  t.type(readResponseHead(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(256)}`, false), 'object');
});
