import type { Dice } from './dice.ts';
import type { Input } from './input.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCxyz";
const VISIBLE = ' !"#$%&\'()*+,-./0123456789:;<=>?@ABC[\\]^_`abc{|}~\t';
const OBS_TEXT = '\x80\x9f\xa0\xc3\xa9\xff';
/** Bytes of a body that look like framing to whoever has lost count. */
const BODIES = [
  '0\r\n\r\n',
  'GET /admin/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n',
  '\r\n\r\n',
  '5\r\nabcde\r\n',
  '\0',
] as const;

/** One to four requests on one connection that have to be answered, in writes that end anywhere. */
export function validRequests(dice: Dice): Input {
  const count = dice.often(0.6) ? 1 : 2 + dice.roll(3);
  const parts = Array.from({ length: count }, (_, at) => validRequest(dice, at === count - 1));
  const text = parts.join('');
  return { text, cuts: cutsOf(dice, text, parts) };
}

/** Anywhere, and often where one thing ends and another begins. */
export function cutsOf(dice: Dice, text: string, parts: readonly string[] = []): readonly number[] {
  if (dice.often(0.4)) return [];
  const cuts = new Set<number>();
  let edge = 0;
  for (const part of parts.slice(0, -1)) {
    edge += part.length;
    if (dice.often(0.7)) cuts.add(edge);
  }
  for (let left = dice.few(8); left > 0; left -= 1) cuts.add(1 + dice.roll(Math.max(1, text.length - 1)));
  const body = text.indexOf('\r\n\r\n') + 4;
  if (dice.often(0.4)) cuts.add(body + dice.roll(Math.max(1, Math.min(200, text.length - body))));
  if (dice.often(0.3)) {
    const line = text.indexOf('\r\n', dice.roll(text.length));
    if (line !== -1) cuts.add(line + dice.roll(3));
  }
  return [...cuts].filter((at) => at > 0 && at < text.length).toSorted((one, other) => one - other);
}

function validRequest(dice: Dice, last: boolean): string {
  const method = dice.pick(['GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
  const minor = last && dice.often(0.05) ? '0' : '1';
  const lines = [...fields(dice)];
  lines.splice(
    dice.roll(lines.length + 1),
    0,
    `${dice.pick(['Host', 'host', 'HOST'])}:${space(dice)}${validHost(dice)}`,
  );
  if (last && dice.often(0.5)) lines.push(`Connection: ${dice.pick(['close', 'Close', 'x-hop, close'])}`);
  const [frame, body] = validBody(dice, { method, minor });
  lines.splice(dice.roll(lines.length + 1), 0, ...frame);
  const before = dice.often(0.03) ? '\r\n' : '';
  return `${before}${method} ${validTarget(dice)} HTTP/1.${minor}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

const space = (dice: Dice): string => (dice.often(0.8) ? ' ' : dice.pick(['', '  ', '\t', ' \t ']));

function validHost(dice: Dice): string {
  return dice.often(0.7)
    ? 'gateway.test'
    : dice.pick([
        'GATEWAY.test',
        'gateway.test.',
        'gateway.test:80',
        'gateway.test:8080',
        'Gateway.Test.:443',
        'gateway.test:',
      ]);
}

/** Under `/echo`, in all its spellings. */
function validTarget(dice: Dice): string {
  const segment = (): string =>
    dice.often(0.7)
      ? dice.text(1 + dice.roll(8), LETTERS)
      : dice.pick([
          '%7Euser',
          '%41%62',
          '%c3%a9',
          'a;p=1',
          'a%20b',
          "!$&'()*+,=:@",
          '.hidden',
          '...',
          'a..b',
          '%25',
          '%3f',
          '%23',
        ]);
  const path = `/echo${dice.often(0.2) ? '/read' : ''}${Array.from({ length: dice.few(6) }, () => `/${segment()}`).join('')}${dice.often(0.1) ? '/' : ''}`;
  const query = dice.often(0.3)
    ? `?${dice.pick(['', 'a=b&c=%zz', '..//..', `q=${dice.text(dice.roll(400), LETTERS)}`, '?%', "a='\\|"])}`
    : '';
  const authority = dice.often(0.04) ? `http://${dice.pick(['gateway.test', 'GATEWAY.TEST:80', 'gateway.test.'])}` : '';
  return authority + path + query;
}

function fields(dice: Dice): string[] {
  const count = dice.often(0.02) ? 60 : dice.few(12);
  return Array.from({ length: count }, () => (dice.often(0.5) ? usualField(dice) : oddField(dice)));
}

function usualField(dice: Dice): string {
  return dice.pick([
    'Accept: */*',
    'User-Agent: x/1 (y; z)',
    'Cookie: a=b; c=d',
    'Authorization: Bearer abc',
    'X-Forwarded-For: 10.0.0.1',
    'X-Forwarded-Host: other.test',
    'Forwarded: for=10.0.0.1',
    'X-Real-IP: 10.0.0.1',
    'TE: trailers',
    'Connection: keep-alive',
    'Connection: x-hop',
    'Keep-Alive: timeout=5',
    'X-Hop: 1',
    'X-Original-URL: /admin/x',
    'Content_Length: 7',
    'X-Postern-Group: x',
    'x_custom: 1',
    'Expect: 100-continue',
    'Origin: https://app.example.com',
    'Range: bytes=0-1',
    'Cookie: second=1',
    'Via: 1.0 x',
  ]);
}

function oddField(dice: Dice): string {
  const name = `x${dice.text(dice.roll(12), TOKEN)}`;
  const length = dice.often(0.03) ? dice.roll(4_000) : dice.roll(20);
  const value = dice.text(length, dice.often(0.2) ? VISIBLE + OBS_TEXT : VISIBLE);
  return `${name}:${space(dice)}${value}`;
}

/** The field lines that frame a body, and its bytes. */
function validBody(
  dice: Dice,
  { method, minor }: { readonly method: string; readonly minor: string },
): readonly [frame: readonly string[], body: string] {
  const wants = method === 'POST' || method === 'PUT' || method === 'PATCH' || dice.often(0.1);
  if (!wants || dice.often(0.1)) return dice.often(0.1) ? [['Content-Length: 0'], ''] : [[], ''];
  const data = bodyData(dice);
  if (minor === '0' || dice.often(0.45)) {
    const digits = `${dice.often(0.05) ? '00' : ''}${data.length}`;
    return [[`${dice.pick(['Content-Length', 'content-length', 'CONTENT-LENGTH'])}:${space(dice)}${digits}`], data];
  }
  const coding = dice.pick(['chunked', 'chunked', 'Chunked', 'CHUNKED']);
  return [[`${dice.pick(['Transfer-Encoding', 'transfer-encoding'])}:${space(dice)}${coding}`], chunksOf(dice, data)];
}

function bodyData(dice: Dice): string {
  if (dice.often(0.2)) return dice.pick(BODIES);
  const length = dice.often(0.03) ? 20_000 + dice.roll(40_000) : dice.roll(60);
  return dice.text(Math.min(length, 64), `${LETTERS}\r\n\0\xff`).padEnd(length, 'abc\r\n0123');
}

function chunksOf(dice: Dice, data: string): string {
  let chunks = '';
  for (let at = 0; at < data.length;) {
    const size = Math.min(data.length - at, 1 + dice.roll(dice.pick([1, 4, 20, 30_000])));
    const hex = size.toString(16);
    const digits = `${dice.often(0.1) ? '0' : ''}${dice.often(0.3) ? hex.toUpperCase() : hex}`;
    const extension = dice.often(0.1) ? dice.pick([';a', ';a=1', ';a="b c"', ';a;b=2']) : '';
    chunks += `${digits}${extension}\r\n${data.slice(at, at + size)}\r\n`;
    at += size;
  }
  const trailers = dice.often(0.1) ? dice.pick(['X-T: 1\r\n', 'x-a: 1\r\nx-b: \r\n']) : '';
  return `${chunks}${dice.often(0.1) ? '000' : '0'}\r\n${trailers}\r\n`;
}
