/** Chance in the forms that generators ask for it. */
export interface Dice {
  /** What all the others are made of: from 0 to below 1. */
  readonly random: () => number;
  /** A whole number from 0 to below `sides`. */
  roll(sides: number): number;
  pick<Value>(list: readonly [Value, ...Value[]]): Value;
  /** True in that share of all cases. */
  often(share: number): boolean;
  /** As many as `most`, rarely many. */
  few(most: number): number;
  /** A text of so many of these characters. */
  text(length: number, alphabet: string): string;
}

/** Makes dice of a source of chance, as `seeded` of the test kit is one. */
export function diceOf(random: () => number): Dice {
  const roll = (sides: number): number => Math.floor(random() * sides);
  const often = (share: number): boolean => random() < share;
  const few = (most: number): number => {
    const all = Math.min(most, often(0.1) ? most : 3);
    return roll(all + 1);
  };
  const text = (length: number, alphabet: string): string => {
    let made = '';
    while (made.length < length) made += alphabet.charAt(roll(alphabet.length));
    return made;
  };
  const pick = <Value>(list: readonly [Value, ...Value[]]): Value => list[roll(list.length)] ?? list[0];
  return { random, roll, often, few, text, pick };
}
