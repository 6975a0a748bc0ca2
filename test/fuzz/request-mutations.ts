import type { Dice } from './dice.ts';
import type { Input } from './input.ts';
import { CHUNK_ATTACKS, FIELD_ATTACKS, LINE_ATTACKS, TARGET_ATTACKS } from './request-attacks.ts';
import { cutsOf, validRequests } from './request-grammar.ts';

/** Bytes that mean something to some parser. */
const WEIGHTY = '\r\n\0 \t:;,/\\%?#@_"=.0\x0b\x0c\x7f\x80\x85\xff';

/** Requests of which something is not as it should be; or is still, since chance may hit what does not matter. */
function mutatedRequests(dice: Dice): Input {
  let { text } = validRequests(dice);
  for (let left = 1 + dice.few(4); left > 0; left -= 1)
    text = dice.pick([flip, insert, cutOut, repeat, field, field, field, target, target, line, chunk, chunk, many])(
      dice,
      text,
    );
  return { text, cuts: cutsOf(dice, text) };
}

/** Any of the two. */
export function anyRequests(dice: Dice): Input {
  return dice.often(0.35) ? validRequests(dice) : mutatedRequests(dice);
}

/** One byte is another. */
export function flip(dice: Dice, text: string): string {
  const at = dice.roll(text.length);
  const byte = dice.often(0.6) ? dice.text(1, WEIGHTY) : String.fromCharCode(text.charCodeAt(at) ^ (1 << dice.roll(8)));
  return text.slice(0, at) + byte + text.slice(at + 1);
}

/** A byte more. */
export function insert(dice: Dice, text: string): string {
  const at = place(dice, text);
  return text.slice(0, at) + dice.text(1 + dice.few(3), WEIGHTY) + text.slice(at);
}

/** A part is missing. */
export function cutOut(dice: Dice, text: string): string {
  const at = place(dice, text);
  return text.slice(0, at) + text.slice(at + 1 + dice.roll(dice.pick([1, 3, 40])));
}

/** A part is there twice. */
export function repeat(dice: Dice, text: string): string {
  const at = place(dice, text);
  const end = dice.often(0.5) ? text.indexOf('\r\n', at) + 2 : at + dice.roll(40);
  return text.slice(0, Math.max(at, end)) + text.slice(at);
}

/** Where something begins or ends, more often than anywhere. */
function place(dice: Dice, text: string): number {
  const at = dice.roll(text.length + 1);
  if (dice.often(0.4)) return at;
  const next = text.slice(at).search(/[\r\n :;/]/);
  return next === -1 ? at : at + next + dice.roll(2);
}

function headEnds(text: string): readonly number[] {
  return [...text.matchAll(/\r\n\r\n/g)].map(({ index }) => index);
}

function field(dice: Dice, text: string): string {
  const [end = 0, ...more] = headEnds(text);
  const at = dice.often(0.7) ? end : dice.pick([end, ...more]);
  const lineEnds = [...text.slice(0, at).matchAll(/\r\n/g)].map(({ index }) => index);
  const behind = dice.often(0.4) ? (lineEnds[dice.roll(lineEnds.length)] ?? at) : at;
  const length = dice.often(0.5) ? text.length - end - 4 : dice.roll(12);
  const attack = dice.pick(FIELD_ATTACKS).replaceAll('N', String(length));
  // In place of a line that is there, now and then.
  const to = dice.often(0.25) && behind !== at ? text.indexOf('\r\n', behind + 2) : behind;
  return `${text.slice(0, behind)}\r\n${attack}${text.slice(Math.max(to, behind))}`;
}

function target(dice: Dice, text: string): string {
  const starts = [...text.matchAll(/(?<=(?:^|\r\n)[A-Z]+ )\S+(?= HTTP)/g)];
  const chosen = starts[dice.roll(starts.length)];
  if (chosen === undefined) return text;
  return text.slice(0, chosen.index) + dice.pick(TARGET_ATTACKS) + text.slice(chosen.index + chosen[0].length);
}

function line(dice: Dice, text: string): string {
  const end = text.indexOf('\r\n');
  return end === -1 ? text : dice.pick(LINE_ATTACKS) + text.slice(end);
}

function chunk(dice: Dice, text: string): string {
  const sizes = [...text.matchAll(/(?<=\r\n)[0-9a-fA-F]+(?=\r\n)/g)];
  const chosen = sizes[dice.roll(sizes.length)];
  if (chosen === undefined) return dice.often(0.3) ? text : field(dice, text);
  const { index, 0: size } = chosen;
  const attack = dice.pick(CHUNK_ATTACKS).replaceAll('N', () => size);
  // Of the line end behind it a part may go too.
  const behind = index + size.length + (dice.often(0.3) ? dice.roll(3) : 0);
  return text.slice(0, index) + attack + text.slice(behind);
}

/** More of something than anybody has. */
function many(dice: Dice, text: string): string {
  const [end = text.length] = headEnds(text);
  const more = dice.pick([
    `\r\nX-Long: ${'a'.repeat(5_000 + dice.roll(15_000))}`,
    '\r\nX-Many: 1'.repeat(40 + dice.roll(100)),
    `\r\nCookie: ${'a=b; '.repeat(dice.roll(3_000))}`,
    `\r\n${'X'.repeat(dice.roll(20_000))}: 1`,
  ]);
  return dice.often(0.7)
    ? text.slice(0, end) + more + text.slice(end)
    : text.replace('/echo', `/echo/${'b'.repeat(dice.roll(12_000))}`);
}
