import type { Failure } from '@postern/engine';
import type { Log } from '@postern/model';

/** Milliseconds between two lines about one policy: it may fail on every request, and no request fails by it. */
const PAUSE = 10_000;

/** Counts every failure of a policy in shadow, and tells the log of the first and then of one in a while. */
export function logSome(count: () => void, log: Log): (failure?: Failure) => void {
  let quietUntil = -Infinity;
  let unsaid = 0;
  return (failure) => {
    count();
    const now = performance.now();
    if (failure === undefined || now < quietUntil) {
      unsaid += 1;
      return;
    }
    quietUntil = now + PAUSE;
    const { policy, where, code, error } = failure;
    log.warn({ policy, where, code, unsaid, err: error }, 'a policy in shadow would have failed');
    unsaid = 0;
  };
}
