import type { RunningExchange } from './exchange.ts';
import type { Attachment } from './pipeline.ts';
import { runs } from './condition.ts';
import { viewOf } from './policy-view.ts';
import { holdLease, runInShadow } from './shadow.ts';
import { isPromise } from './step-result.ts';
import { failed } from './verdicts.ts';

/** After the last byte. A step that throws is counted and loses nothing but its own line. */
export function runDone(exchange: RunningExchange): void {
  for (const step of exchange.pipeline.done) {
    if (step.mode === 'shadow') {
      runInShadow(exchange, step, { step: 'done', call: step.run });
      continue;
    }
    try {
      if (!runs(exchange, step)) continue;
      const said: unknown = step.run(viewOf(exchange, step));
      if (isPromise(said)) waitForEnd(exchange, step, said);
    } catch (error) {
      failed(exchange, step, { code: 'policy/threw', status: 500, error });
    }
  }
}

/** The contract says nothing of promises here, but `async done()` fits it: the policy is not closed under it, nor is its failure lost. */
function waitForEnd(exchange: RunningExchange, step: Attachment, promise: PromiseLike<unknown>): void {
  const end = holdLease(exchange);
  const cancel = exchange.runtime.after(step.instance.policy.timeout, () => void end());
  Promise.resolve(promise)
    .catch((error: unknown) => void failed(exchange, step, { code: 'policy/threw', status: 500, error }))
    .finally(() => {
      cancel();
      end();
    });
}
