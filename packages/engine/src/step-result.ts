import type { StepName, Verdict } from '@postern/model';

/** A step returned something that is neither a verdict nor a promise of one. */
export class StrangeResult extends Error {
  constructor(step: StepName) {
    super(`the ${step} step returned what is neither nothing nor a verdict: use respond() or refuse()`);
  }
}

/** What a step returned as a verdict; undefined when it is none. Plugins in JavaScript return anything. */
export function readVerdict(said: unknown): Verdict | undefined {
  return isVerdict(said) ? said : undefined;
}

function isVerdict(said: unknown): said is Verdict {
  return (
    typeof said === 'object' &&
    said !== null &&
    'kind' in said &&
    (said.kind === 'refuse' || said.kind === 'respond') &&
    'status' in said &&
    Number.isInteger(said.status) &&
    'headers' in said &&
    Array.isArray(said.headers)
  );
}

export function isPromise(said: unknown): said is PromiseLike<unknown> {
  return said instanceof Promise || (typeof said === 'object' && said !== null && 'then' in said);
}

/** Lets a promise that nobody may wait for end as it likes. */
export function ignore(promise: PromiseLike<unknown>): void {
  Promise.resolve(promise).catch(() => undefined);
}
