import type { Address } from './address.ts';
import type { Range } from './range.ts';

/**
 * A set of addresses made of ranges. What counts is only whether any range holds an address, not which is the narrowest: so ranges
 * that overlap become one, and a binary search among them takes 14 steps for 10,000.
 */
export class RangeSet {
  readonly #ipv4: SortedRanges;
  readonly #ipv6: SortedRanges;

  constructor(ranges: readonly Range[]) {
    this.#ipv4 = new SortedRanges(ranges, 1);
    this.#ipv6 = new SortedRanges(ranges, 4);
  }

  has(address: Address): boolean {
    return (address.length === 1 ? this.#ipv4 : this.#ipv6).has(address);
  }

  /** Whether no address of either family is outside. */
  get hasAll(): boolean {
    return this.#ipv4.hasAll && this.#ipv6.hasAll;
  }
}

/** Ranges of addresses of so many words, in order and apart from one another. */
class SortedRanges {
  readonly #width: 1 | 4;
  readonly #count: number;
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;

  constructor(ranges: readonly Range[], width: 1 | 4) {
    const own = merge(ranges.filter(({ first }) => first.length === width));
    this.#width = width;
    this.#count = own.length;
    this.#firsts = Uint32Array.from(own.flatMap(({ first }) => first));
    this.#lasts = Uint32Array.from(own.flatMap(({ last }) => last));
  }

  has(address: Address): boolean {
    let low = 0;
    let high = this.#count;
    // The ranges before `low` begin at the address or in front of it.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(this.#firsts, middle * this.#width, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compareAt(this.#lasts, (low - 1) * this.#width, address) >= 0;
  }

  get hasAll(): boolean {
    return (
      this.#count === 1 && this.#firsts.every((word) => word === 0) && this.#lasts.every((word) => word === 0xffffffff)
    );
  }
}

/** Below 0 where the address that begins at `at` comes before the other, 0 where they are the same. */
function compareAt(words: Uint32Array, at: number, address: Address): number {
  for (let index = 0; index < address.length; index += 1) {
    const difference = (words[at + index] ?? 0) - (address[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Ranges in order, those that overlap as one. */
function merge(ranges: readonly Range[]): readonly Pick<Range, 'first' | 'last'>[] {
  const merged: { first: Address; last: Address }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => compare(a.first, b.first))) {
    const before = merged.at(-1);
    if (before === undefined || compare(before.last, first) < 0) merged.push({ first, last });
    else if (compare(before.last, last) < 0) before.last = last;
  }
  return merged;
}

function compare(one: Address, other: Address): number {
  return compareAt(Uint32Array.from(one), 0, other);
}
