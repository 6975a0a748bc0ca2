import { test } from 'tap';
import { chance } from '../../../test/kit/chance.ts';
import { fieldLine } from '../src/wire/write-field-line.ts';
import { nameInHead } from '../src/wire/name-in-head.ts';

const BAD_VALUES = ['a\r\nx-b: 1', 'a\n', '\0', 'a\u007f', '\u0100', 'a\r'];
const BAD_NAMES = ['', 'a b', 'a:', 'a\r\n', 'ä', 'a\u0000'];

test('a line is that of its own name and value, whatever was sent before', async (t) => {
  const random = chance(t);
  const among = <One>(all: readonly One[]): One | undefined => all[Math.floor(random() * all.length)];
  const names = ['vary', 'etag', 'x-request-id', 'set-cookie', 'authorization', '__proto__', 'constructor'];
  const values = ['', 'origin', 'Origin', 'origin ', 'a\tb', '\u00ff', 'v'.repeat(300), ...BAD_VALUES];
  for (let at = 0; at < 20_000; at += 1) {
    const name = among(names) ?? '';
    const value = (random() < 0.5 ? among(values) : `${Math.floor(random() * 1e9)}`) ?? '';
    const expected = BAD_VALUES.includes(value) ? undefined : `${name}: ${value}\r\n`;
    if (fieldLine(name, value) !== expected) t.fail(`${name} ${JSON.stringify(value)}`);
  }
});

test('what may not be sent is refused the second time too', async (t) => {
  for (const name of [...BAD_NAMES, ...BAD_NAMES]) t.equal(fieldLine(name, 'v'), undefined, JSON.stringify(name));
  for (const value of BAD_VALUES) {
    t.equal(fieldLine('x-first-bad', value), undefined, JSON.stringify(value));
    t.equal(fieldLine('x-first-bad', 'good'), 'x-first-bad: good\r\n');
    t.equal(fieldLine('x-first-bad', value), undefined, JSON.stringify(value));
  }
});

test('names that somebody makes up are sent as any other, more than are remembered', async (t) => {
  for (let at = 0; at < 3_000; at += 1) t.equal(fieldLine(`x-made-up-${at}`, `${at}`), `x-made-up-${at}: ${at}\r\n`);
  t.equal(fieldLine('x-made-up-2999', 'other'), 'x-made-up-2999: other\r\n');
});

test('a name is read as it stands in the head, in lower case', async (t) => {
  const random = chance(t);
  const letters = 'abXY-';
  for (let at = 0; at < 20_000; at += 1) {
    // Few letters, so that many names share length, first, middle and last character.
    const length = 1 + Math.floor(random() * (random() < 0.1 ? 100 : 7));
    const name = Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
    const read = nameInHead(`Host: a\r\n${name}: 1\r\n`, 9, 9 + length);
    if (read !== name.toLowerCase()) t.fail(`${name} was read as ${read}`);
  }
  t.equal(nameInHead('__proto__: 1', 0, 9), '__proto__');
});
