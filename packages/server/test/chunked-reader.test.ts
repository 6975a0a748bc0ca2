import t from 'tap';
import { ChunkedReader } from '../src/wire/chunked-reader.ts';
import fc from '../../../test/kit/properties.ts';

/** Reads `text` in pieces of `size` bytes; what came out and what the reader says of it. */
function read(
  text: string,
  size = text.length,
): { readonly body: string; readonly state: string; readonly left: string } {
  const reader = new ChunkedReader();
  const bytes = Buffer.from(text, 'latin1');
  let body = '';
  let at = 0;
  while (at < bytes.length && !reader.done && !reader.broken) {
    const piece = bytes.subarray(0, Math.min(bytes.length, at + Math.max(1, size)));
    const { part, next } = reader.read(piece, at);
    body += part?.toString('latin1') ?? '';
    at = next;
  }
  const state = reader.done ? 'done' : reader.broken ? 'broken' : 'open';
  return { body, state, left: text.slice(at) };
}

const WHOLE: readonly (readonly [text: string, body: string, left: string])[] = [
  ['5\r\nhello\r\n0\r\n\r\n', 'hello', ''],
  ['0\r\n\r\n', '', ''],
  ['0000005\r\nhello\r\n0\r\n\r\n', 'hello', ''],
  ['a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789', ''],
  ['1;ext=val\r\na\r\n1;q="a;b\\"c"\r\nb\r\n0\r\n\r\n', 'ab', ''],
  ['1\r\na\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n', 'a', ''],
  ['0\r\n\r\nGET /next', '', 'GET /next'],
];

const BROKEN: readonly string[] = [
  '0x5\r\nhello\r\n0\r\n\r\n',
  '+5\r\nhello',
  '-5\r\nhello',
  '1_0\r\n',
  ' 5\r\nhello',
  '5 \r\nhello',
  '5\nhello',
  '5\rhello',
  '\r\nhello',
  '5\r\nhelloXX0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '5;a\nb\r\nhello',
  '5;a\rb\r\nhello',
  '5;q="open\r\nhello\r\n0\r\n\r\n',
  '10000000000000005\r\nhello',
  'ffffffffffffffff\r\nhello',
  '0\r\nX: a\nb\r\n\r\n',
  '0\r\nno colon\r\n\r\n',
  '0\r\n: no name\r\n\r\n',
  '0\r\nHost: h\r\n\r\n',
  '0\r\nX: GET /smuggled HTTP/1.1\r\nhOST: h\r\n\r\n',
  '0\r\nContent-Length: 5\r\n\r\n',
  '0\r\nTransfer-Encoding: chunked\r\n\r\n',
  `1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
  `0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
];

t.test('a body of chunks is read to its end, whatever pieces it comes in', async (t) => {
  for (const [text, body, left] of WHOLE) {
    for (const size of [1, 2, 3, 7, text.length]) {
      const got = read(text, size);
      t.strictSame([got.body, got.state], [body, 'done'], `${JSON.stringify(text)} by ${size}`);
      if (size === text.length) t.equal(got.left, left, `${JSON.stringify(text)} leaves what is behind it`);
    }
  }
});

t.test('what the grammar does not have breaks the reader', async (t) => {
  for (const text of BROKEN) {
    for (const size of [1, text.length]) t.equal(read(text, size).state, 'broken', JSON.stringify(text.slice(0, 60)));
  }
});

t.test('chunks of any sizes come out as what went in', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, unit: 'binary-ascii' })),
      fc.integer({ min: 1, max: 64 }),
      (parts, size) => {
        const text = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
        const got = read(`${text}0\r\n\r\n`, size);
        return got.state === 'done' && got.body === parts.join('');
      },
    ),
  );
});
