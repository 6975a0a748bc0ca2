import { readFileSync, readdirSync } from 'node:fs';
import { randomDocument } from '../rehearsal/random-document.ts';
import type { Dice } from './dice.ts';

const MANIFESTS = new URL('../manifests/', import.meta.url);

/** A document that has every key; without the one that names a file that is nowhere. */
const COMPLETE = readFileSync(new URL('../mistakes/base.yaml', import.meta.url), 'utf8').replace(
  /^.*\$\{file:.*\n/m,
  '',
);

/** Documents that people wrote, good ones and bad ones: what chance would never hit upon is in them. */
const WRITTEN: readonly [string, ...string[]] = [
  COMPLETE,
  readFileSync(new URL('../../gateway.yaml', import.meta.url), 'utf8'),
  ...readdirSync(MANIFESTS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.in.yaml'))
    .toSorted()
    .map((name) => readFileSync(new URL(name, MANIFESTS), 'utf8'))
    .filter((text) => text.length < 8_000),
];

/** A document before anything is done to it: one that somebody wrote, or one of the generator's in a style of chance. */
export function wholeDocument(dice: Dice): string {
  if (dice.often(0.1)) return COMPLETE;
  if (dice.often(0.4)) return dice.pick(WRITTEN);
  const made = { server: { admin: { address: '127.0.0.1:0' } }, ...randomDocument(dice.random, 'http://127.0.0.1:9') };
  if (dice.often(0.1)) return JSON.stringify(made, undefined, dice.roll(3));
  const text = block(dice, made, 0);
  const ended = dice.often(0.1) ? text.replaceAll('\n', dice.pick(['\r\n', '\r'])) : text;
  return dice.often(0.05) ? `\ufeff${ended}` : ended;
}

/** Members or items below one another, each on lines of its own. */
function block(dice: Dice, value: unknown, indent: number): string {
  const start = ' '.repeat(indent);
  const comment = (): string => (dice.often(0.05) ? ' # a comment: { "' : '');
  if (Array.isArray(value) && value.length > 0)
    return value
      .map(
        (item) =>
          `${start}-${isOpen(dice, item) ? `${comment()}\n${block(dice, item, indent + 2)}` : ` ${flow(dice, item)}\n`}`,
      )
      .join('');
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value)
      .map(([key, member]) => {
        const name = dice.often(0.05) ? JSON.stringify(key) : key;
        return isOpen(dice, member)
          ? `${start}${name}:${comment()}\n${block(dice, member, indent + 1 + dice.roll(3))}`
          : `${start}${name}: ${flow(dice, member)}${comment()}\n`;
      })
      .join('');
  return `${start}${flow(dice, value)}\n`;
}

function isOpen(dice: Dice, value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0 && dice.often(0.7);
}

/** On one line. */
function flow(dice: Dice, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => flow(dice, item)).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, member]) => `${key}: ${flow(dice, member)}`)
      .join(', ')} }`;
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain = /^[a-zA-Z][a-zA-Z0-9./-]*$/.test(value) && !/^(?:true|false|null|yes|no)$/i.test(value);
  if (plain && dice.often(0.8)) return value;
  return dice.often(0.3) ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
}
