/** What the fuzzers stand on: inputs that can be had again, and readings that say what the standards say. */
import { test } from 'tap';
import { seeded } from '../kit/chance.ts';
import { anyAnswer } from './answer-grammar.ts';
import { diceOf } from './dice.ts';
import { anyDocument } from './document-mutations.ts';
import type { Input } from './input.ts';
import { piecesOf, without } from './input.ts';
import { isCertain } from './judge-requests.ts';
import { anyPolicyRequest } from './policies-grammar.ts';
import { readRequests } from './reading.ts';
import { validRequests } from './request-grammar.ts';
import { anyRequests } from './request-mutations.ts';
import { shrink } from './shrink.ts';

test('the same seed gives the same inputs, and another one gives others', async (t) => {
  for (const make of [anyRequests, anyAnswer, anyPolicyRequest, anyDocument]) {
    const inputs = (seed: number): string => {
      const dice = diceOf(seeded(seed));
      return JSON.stringify(Array.from({ length: 50 }, () => make(dice)));
    };
    t.ok(inputs(1) === inputs(1));
    t.ok(inputs(1) !== inputs(2));
  }
});

test('what the grammar of requests makes is valid by the reading, and its pieces are all of it', async (t) => {
  const dice = diceOf(seeded(3));
  const inputs = Array.from({ length: 500 }, () => validRequests(dice));
  const isOdd = (input: Input): boolean => {
    const { requests, end } = readRequests(input.text);
    const ends = end === 'clean' || end === 'over';
    return requests.length === 0 || !ends || Buffer.concat(piecesOf(input)).toString('latin1') !== input.text;
  };
  t.equal(inputs.find(isOdd), undefined);
  const certain = inputs.filter(({ text }) => readRequests(text).requests.every((request) => isCertain(request)));
  t.ok(certain.length > 400, `${certain.length} of 500 have to be answered as a whole`);
});

test('a failure is made as small as it can be, and its cuts move with its bytes', async (t) => {
  const text = `some lines\nand ${'more '.repeat(50)}\nwith a needle <x|y> in it\nand an end\n`;
  const fails = async (one: Input): Promise<boolean> =>
    one.cuts.some((at) => one.text.slice(0, at).endsWith('<x') && one.text.slice(at).startsWith('|y>'));
  t.same(await shrink({ text, cuts: [3, 14, text.indexOf('|y>')] }, fails), { text: '<x|y>', cuts: [2] });
  t.same(without({ text: 'abcdef', cuts: [1, 3, 5] }, 2, 4), { text: 'abef', cuts: [1, 2, 3] });
});
