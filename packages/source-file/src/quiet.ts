/** Something that is told often and acts seldom. */
export interface Quiet {
  readonly tell: () => void;
  readonly stop: () => void;
}

/**
 * Acts once nobody has told it anything for `quiet` ms, at the latest `longest` ms after the first tell: a busy
 * neighbour in the same directory may delay the look at a file, never prevent it.
 */
export function whenQuiet(act: () => void, times: { readonly quiet: number; readonly longest: number }): Quiet {
  let timer: NodeJS.Timeout | undefined;
  let first = 0;
  return {
    tell(): void {
      const now = performance.now();
      if (timer === undefined) first = now;
      else clearTimeout(timer);
      const wait = Math.max(0, Math.min(times.quiet, first + times.longest - now));
      timer = setTimeout(() => {
        timer = undefined;
        act();
      }, wait);
    },
    stop(): void {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
