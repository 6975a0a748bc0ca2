import type { Dice } from './dice.ts';
import type { Input } from './input.ts';
import { cutsOf } from './request-grammar.ts';
import { CHUNK_ATTACKS } from './request-attacks.ts';
import { cutOut, flip, insert, repeat } from './request-mutations.ts';

/** What stands for the number of the exchange, by which an answer is told from all others. */
export const MARK = 'n@@@@@@@@n';

const STATUSES = [
  '200 OK',
  '200 OK',
  '200 ',
  '201 Created',
  '204 No Content',
  '304 Not Modified',
  '404 Not Found',
  '500 No',
  '503 Busy',
  '299 \xe9',
] as const;
const FIELDS = [
  'Content-Type: text/plain',
  'Set-Cookie: a=b',
  'Set-Cookie: c=d; Path=/',
  'Server: x',
  'Date: Sun, 06 Nov 1994 08:49:37 GMT',
  'ETag: "x"',
  'Vary: Accept',
  'X-Empty:',
  'X-Odd: \xe9 \t;,"',
  'Keep-Alive: timeout=5',
  'Connection: keep-alive',
  'Connection: x-hop',
  'X-Hop: 1',
  'Proxy-Authenticate: Basic',
  'Location: /elsewhere',
] as const;
const ATTACKS = [
  'Content-Length: N',
  'Content-Length: 0',
  'Content-Length: +N',
  'Content-Length: N, N',
  'Content-Length: 0xN',
  'Content-Length: 999999999999999999999',
  'Content-Length : N',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Connection: close',
  'Connection: content-length',
  ' folded',
  'no colon',
  ': empty',
  'X: a\rb',
  'X: a\nSet-Cookie: evil=1',
  'X: \0',
  'Bad Name: x',
  'Upgrade: h2c',
] as const;

/** An answer, whole, or with something done to it. */
export function anyAnswer(dice: Dice): Input {
  let text = validAnswer(dice);
  if (!dice.often(0.4))
    for (let left = 1 + dice.few(3); left > 0; left -= 1)
      text = dice.pick([flip, insert, cutOut, repeat, field, field, chunk, chunk, status, more])(dice, text);
  return { text, cuts: cutsOf(dice, text) };
}

function validAnswer(dice: Dice): string {
  const before = dice.often(0.08)
    ? dice.pick(['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'])
    : '';
  const said = dice.pick(STATUSES);
  const lines = Array.from({ length: dice.few(8) }, () => dice.pick(FIELDS));
  const minor = dice.often(0.05) ? '0' : '1';
  const length = dice.often(0.03) ? dice.roll(100_000) : dice.roll(80);
  const data = `${MARK}${'b'.repeat(length)}${MARK}`;
  const bodiless = said.startsWith('204') || said.startsWith('304');
  const kind = minor === '0' ? dice.pick(['length', 'close']) : dice.pick(['length', 'length', 'chunked', 'close']);
  const frame =
    kind === 'length' ? [`Content-Length: ${data.length}`] : kind === 'chunked' ? ['Transfer-Encoding: chunked'] : [];
  const body = bodiless ? '' : kind === 'chunked' ? chunksOf(dice, data) : data;
  const all = [`X-Mark: ${MARK}`, ...lines, ...(bodiless ? [] : frame)];
  return `${before}HTTP/1.${minor} ${said}\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

function chunksOf(dice: Dice, data: string): string {
  let chunks = '';
  for (let at = 0; at < data.length;) {
    const size = Math.min(data.length - at, 1 + dice.roll(dice.pick([3, 40, 50_000])));
    chunks += `${size.toString(16)}${dice.often(0.1) ? ';a=b' : ''}\r\n${data.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${chunks}0\r\n${dice.often(0.1) ? 'X-T: 1\r\n' : ''}\r\n`;
}

function field(dice: Dice, text: string): string {
  const lineEnds = [...text.slice(0, text.indexOf('\r\n\r\n') + 2).matchAll(/\r\n/g)].map(({ index }) => index);
  const at = lineEnds[dice.roll(lineEnds.length)] ?? 0;
  const length = dice.often(0.5) ? text.length - text.indexOf('\r\n\r\n') - 4 : dice.roll(20);
  return `${text.slice(0, at)}\r\n${dice.pick(ATTACKS).replaceAll('N', String(length))}${text.slice(at)}`;
}

function chunk(dice: Dice, text: string): string {
  const sizes = [...text.matchAll(/(?<=\r\n)[0-9a-fA-F]+(?=\r\n)/g)];
  const chosen = sizes[dice.roll(sizes.length)];
  if (chosen === undefined) return field(dice, text);
  const attack = dice.pick(CHUNK_ATTACKS).replaceAll('N', () => chosen[0]);
  return text.slice(0, chosen.index) + attack + text.slice(chosen.index + chosen[0].length);
}

const STATUS_LINES = [
  'HTTP/1.1 200',
  'HTTP/2 200 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 999 X',
  'HTTP/1.1 099 X',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 200\tOK',
  'HTTP/1.1 101 Switching',
  'http/1.1 200 OK',
  'ICY 200 OK',
] as const;

function status(dice: Dice, text: string): string {
  const end = text.indexOf('\r\n');
  return dice.pick(STATUS_LINES) + text.slice(end === -1 ? text.length : end);
}

/** Something behind the answer, or much in front of it. */
function more(dice: Dice, text: string): string {
  const surplus = `HTTP/1.1 200 OK\r\nX-Mark: ${MARK}\r\nContent-Length: ${MARK.length}\r\n\r\n${MARK}`;
  return dice.pick([
    text + surplus,
    `${text}x`,
    `${text}\r\n`,
    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(dice.roll(20)) + text,
    text.replace('X-Mark', `X-Long: ${'a'.repeat(dice.roll(80_000))}\r\nX-Mark`),
    text.replace('X-Mark', `${'X-Many: 1\r\n'.repeat(dice.roll(400))}X-Mark`),
  ]);
}
