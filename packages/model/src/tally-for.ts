import type { BudgetTerms, Taken, Wish } from './budget.ts';
import { FixedWindow } from './fixed-window.ts';
import { SlidingWindow } from './sliding-window.ts';
import { takeFrom } from './tally.ts';
import type { Tally } from './tally.ts';
import { TokenBucket } from './token-bucket.ts';

/** A key from which nothing was taken. */
export function tallyFor({ algorithm = 'fixed-window', window }: BudgetTerms): Tally {
  switch (algorithm) {
    case 'fixed-window':
      return new FixedWindow(window);
    case 'sliding-window':
      return new SlidingWindow(window);
    case 'token-bucket':
      return new TokenBucket(window);
    default:
      return algorithm satisfies never;
  }
}

/** What a wish comes to against a budget from which nothing was taken: what rehearsals go by. */
export function untouched(wish: Wish): Taken {
  return takeFrom(tallyFor(wish.terms), wish);
}
