import { test } from 'tap';
import { chance } from '../../../test/kit/chance.ts';
import { HeadMemory } from '../src/wire/head-memory.ts';
import { HeadText } from '../src/wire/head-text.ts';
import { nameInHead } from '../src/wire/name-in-head.ts';

const BAD_VALUES = ['a\r\nx-b: 1', 'a\n', '\0', 'a\u007f', '\u0100', 'a\r'];
const BAD_NAMES = ['', 'a b', 'a:', 'a\r\n', 'ä', 'a\u0000'];

/** The head of these lines, without those that may not be sent. */
function textOf(memory: HeadMemory, lines: readonly (readonly [name: string, value: string])[]): string {
  const head = new HeadText(
    memory,
    'start\r\n',
    memory.opening(0, () => ''),
  );
  for (const [name, value] of lines) {
    const isGood = !BAD_NAMES.includes(name) && !BAD_VALUES.includes(value);
    if (head.add(name, value) !== isGood) return `${JSON.stringify([name, value])} is ${isGood ? 'good' : 'bad'}`;
  }
  return head.end();
}

/** The same, put together line by line. */
function plainText(lines: readonly (readonly [name: string, value: string])[]): string {
  const good = lines.filter(([name, value]) => !BAD_NAMES.includes(name) && !BAD_VALUES.includes(value));
  return ['start\r\n', ...good.map(([name, value]) => `${name}: ${value}\r\n`)].join('');
}

test('a head is that of its own lines, whatever was sent before', async (t) => {
  const random = chance(t);
  const memory = new HeadMemory();
  const among = <One>(all: readonly One[]): One | undefined => all[Math.floor(random() * all.length)];
  const names = ['vary', 'etag', 'x-request-id', 'set-cookie', 'authorization', '__proto__', 'constructor'];
  const values = ['', 'origin', 'Origin', 'origin ', 'a\tb', '\u00ff', 'v'.repeat(300), ...BAD_VALUES];
  const name = (): string => among(random() < 0.02 ? BAD_NAMES : names) ?? '';
  const value = (): string => (random() < 0.7 ? among(values) : `${Math.floor(random() * 1e9)}`) ?? '';
  // Heads that come again and again, each time with another value or line here and there.
  const usual = Array.from({ length: 5 }, () => Array.from({ length: 9 }, () => [name(), value()] as const));
  for (let at = 0; at < 20_000; at += 1) {
    const lines = (among(usual) ?? []).flatMap((line) => {
      const chance = random();
      if (chance < 0.02) return [];
      if (chance < 0.04) return [line, [name(), value()] as const];
      return chance < 0.2 ? [[line[0], value()] as const] : [line];
    });
    const text = textOf(memory, lines);
    if (text !== plainText(lines)) t.fail(`${JSON.stringify(lines)} came out as ${JSON.stringify(text)}`);
  }
});

test('what may not be sent is refused the second time too', async (t) => {
  const memory = new HeadMemory();
  for (const name of [...BAD_NAMES, ...BAD_NAMES]) t.equal(textOf(memory, [[name, 'v']]), 'start\r\n', name);
  for (const value of BAD_VALUES) {
    for (const [tried, expected] of [
      [value, ''],
      ['good', 'x-a: good\r\n'],
      [value, ''],
    ] as const)
      t.equal(textOf(memory, [['x-a', tried]]), `start\r\n${expected}`, JSON.stringify(value));
  }
});

test('lines that somebody makes up are sent as any other, more than are remembered', async (t) => {
  const memory = new HeadMemory();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 150_000; at += 1) {
    const lines = [
      [`x-made-up-${at % 40_000}`, `${at}`],
      ['x-same', 'value'],
      [`y-made-up-${at % 100}`, 'v'.repeat(at % 300)],
    ] as const;
    if (textOf(memory, lines) !== plainText(lines)) t.fail(`${at}`);
  }
  const grown = process.memoryUsage().heapUsed - before;
  t.ok(grown < 64 * 1024 * 1024, `${grown} bytes`);
});

test('names that somebody makes up do not keep the usual ones from being remembered', async (t) => {
  const memory = new HeadMemory();
  const first = (): readonly string[] => memory.opening(0, () => '').steps.map(({ name }) => name);
  for (let at = 0; at < 1_000; at += 1) textOf(memory, [[`x-made-up-${at}`, '1']]);
  t.notOk(first().includes('accept'));
  for (let at = 0; at < 1_000; at += 1) {
    textOf(memory, [[`x-made-up-${at + 1_000}`, '1']]);
    const lines = [['accept', '*/*'] as const];
    if (textOf(memory, lines) !== plainText(lines)) t.fail(`${at}`);
  }
  t.equal(first()[0], 'accept');
  t.ok(first().length <= 8);
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
