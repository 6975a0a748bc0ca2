import type { Dice } from './dice.ts';
import { wholeDocument } from './document-grammar.ts';
import type { Input } from './input.ts';

const WEIGHTY = '{}[]:,#&*!|>\'"%@`-?\\ \t\n\r\0<=~$.\x85\ufeff\u2028\ud800e1';
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '<<',
  '""',
  '? x',
  'name',
  'when',
  'policies',
  'config',
  '&a k',
  '!!str k',
  '123',
  'null',
] as const;
const VALUES = [
  'null',
  '~',
  '',
  '[]',
  '{}',
  '0',
  '-1',
  '1e999',
  '.nan',
  '0x1F',
  '1_000',
  '99999999999999999999',
  'true',
  '"\\u0000"',
  '"a\\r\\nb"',
  '"*"',
  '*a',
  '&a x',
  '&a [*a]',
  '!!js/function "x"',
  '!!binary aGk=',
  '!<tag:x> y',
  '| \n  text',
  '>-\n  a\n  b',
  '2001-01-01',
  '"${env:HOME}"',
  '"${env:NONE}"',
  '"${env:NONE:-x}"',
  '"${file:/etc/hostname}"',
  '"${file:/}"',
  '"${"',
  '"$${x}"',
  '["~^(a+)+$"]',
  '"~["',
  'https://*.example.com',
  'http://127.0.0.1:99999',
  'http://[::1]:80',
  'http://user:pass@h',
  '/a//b',
  '/{id}/{id}',
  '/*/x',
  '10s',
  '-5ms',
  '1e3MiB',
  '{ __proto__: { polluted: 1 } }',
  '{ constructor: { prototype: { polluted: 1 } } }',
  '[__proto__]',
  '"__proto__"',
  'constructor',
  'inherit',
  "request.method == 'GET' && (",
  "request.header['x'] == 'y' || true",
  '!(((((((((((((true)))))))))))))',
] as const;

/** A document, most often with something done to it. The text is its UTF-8, byte by byte. */
export function anyDocument(dice: Dice): Input {
  let text = wholeDocument(dice);
  if (!dice.often(0.2))
    for (let left = 1 + dice.few(5); left > 0; left -= 1)
      text = dice.pick([value, value, key, key, line, line, token, bytes, indent, bomb])(dice, text);
  const latin1 = Buffer.from(text.slice(0, 16_000)).toString('latin1');
  return { text: dice.often(0.03) ? broken(dice, latin1) : latin1, cuts: [] };
}

function broken(dice: Dice, latin1: string): string {
  const at = dice.roll(latin1.length + 1);
  return latin1.slice(0, at) + dice.text(1, '\x80\xc0\xff\xed') + latin1.slice(at);
}

function linesOf(text: string): string[] {
  return text.split('\n');
}

/** What stands behind a colon or a dash is something else. */
function value(dice: Dice, text: string): string {
  const places = [...text.matchAll(/(?<=[:-] )(?:"[^"\n]*"|[^\s,[\]{}#]+)/g)];
  const chosen = places[dice.roll(places.length)];
  if (chosen === undefined) return text;
  return text.slice(0, chosen.index) + dice.pick(VALUES) + text.slice(chosen.index + chosen[0].length);
}

/** A key has another name, or there is one more. */
function key(dice: Dice, text: string): string {
  const places = [...text.matchAll(/[\w-]+(?=:(?:\s|$))/g)];
  const chosen = places[dice.roll(places.length)];
  if (chosen === undefined) return text;
  const { index, 0: found } = chosen;
  const behind = text.slice(index + found.length);
  const name = dice.often(0.4) ? dice.pick(KEYS) : typo(dice, found);
  if (dice.often(0.5)) return text.slice(0, index) + name + behind;
  const start = text.lastIndexOf('\n', index) + 1;
  const margin = ' '.repeat(Math.max(0, index - start));
  const more = `${name}: ${dice.pick(VALUES)}`;
  return /[{,] *$/.test(text.slice(start, index))
    ? `${text.slice(0, index)}${more}, ${found}${behind}`
    : `${text.slice(0, index)}${more}\n${margin}${found}${behind}`;
}

function typo(dice: Dice, name: string): string {
  const at = dice.roll(name.length);
  return dice.pick([
    name.slice(0, at) + name.slice(at + 1),
    name.toUpperCase(),
    `${name}s`,
    `${name} `,
    `${name}.${name}`,
  ]);
}

function line(dice: Dice, text: string): string {
  const lines = linesOf(text);
  const [at, other] = [dice.roll(lines.length), dice.roll(lines.length)];
  const count = 1 + dice.few(6);
  switch (dice.roll(4)) {
    case 0:
      lines.splice(at, count);
      break;
    case 1:
      lines.splice(other, 0, ...lines.slice(at, at + count));
      break;
    case 2:
      lines.splice(at, 0, ...lines.splice(other, count));
      break;
    default: {
      const foreign = linesOf(wholeDocument(dice));
      const from = dice.roll(foreign.length);
      lines.splice(at, 0, ...foreign.slice(from, from + count));
    }
  }
  return lines.join('\n');
}

/** One word of the document in the place of another. */
function token(dice: Dice, text: string): string {
  const words = [...text.matchAll(/[\w./*-]+|"[^"\n]*"/g)];
  const [one, other] = [words[dice.roll(words.length)], words[dice.roll(words.length)]];
  if (one === undefined || other === undefined) return text;
  return text.slice(0, one.index) + other[0] + text.slice(one.index + one[0].length);
}

function bytes(dice: Dice, text: string): string {
  const at = dice.roll(text.length + 1);
  const gone = dice.often(0.5) ? dice.roll(dice.pick([2, 10, 200])) : 0;
  const come = dice.often(0.6) ? dice.text(1 + dice.few(4), WEIGHTY) : '';
  return text.slice(0, at) + come + text.slice(at + gone);
}

function indent(dice: Dice, text: string): string {
  const lines = linesOf(text);
  const at = dice.roll(lines.length);
  const moved = dice.often(0.5)
    ? ` ${lines[at]}`
    : dice.often(0.2)
      ? `\t${lines[at]}`
      : (lines[at] ?? '').replace(/^ /, '');
  lines.splice(at, 1, moved);
  return lines.join('\n');
}

/** Much in few bytes: aliases of aliases, lists in lists, one word again and again. */
function bomb(dice: Dice, text: string): string {
  if (!dice.often(0.5)) return value(dice, text);
  const depth = 4 + dice.roll(3);
  const aliases = Array.from({ length: depth }, (_, at) => {
    const member = at === 0 ? '"${env:NONE:-x}"' : `*b${at - 1}`;
    return `b${at}: &b${at} [${Array.from({ length: 9 }, () => member).join(', ')}]`;
  });
  const deep = dice.roll(90);
  const kinds: [string, ...string[]] = [
    `${aliases.join('\n')}\n${text.replace(/(?<=(?:config|labels|policies|allowOrigins): ).*/, `*b${depth - 1}`)}`,
    `${text}\nx: ${'['.repeat(deep)}${']'.repeat(deep)}\n`,
    `${text}\nx: ${'{ a: '.repeat(deep)}1${' }'.repeat(deep)}\n`,
    text.replace(/(?<=when: ).*/, '!'.repeat(dice.roll(2_000))),
    `${text}\n${'- '.repeat(dice.roll(200))}x\n`,
    `${text}\n${'x: 1\n'.repeat(dice.roll(400))}`,
    text.replace(/(?<=allowOrigins: ).*/, `["~${'(a|b)*'.repeat(dice.roll(200))}"]`),
  ];
  return dice.often(0.3) ? kinds[0] : dice.pick(kinds);
}
