import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds: longer than anything takes on a busy machine. */
const LONGEST = 120_000;

/** Asks again and again until it holds; throws `otherwise`, or what that says then, when it takes too long. */
export async function until(holds: () => Promise<boolean>, otherwise: string | (() => string)): Promise<void> {
  const end = performance.now() + LONGEST;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(typeof otherwise === 'string' ? otherwise : otherwise());
    await delay(5);
  }
}
