import { refuse } from '@postern/kit';
import type { HeaderPairs, Verdict } from '@postern/kit';
import type { Standing } from './standing.ts';

const DETAILS = Object.freeze({
  'origin-not-allowed': 'This origin may not use this API.',
  'method-not-allowed': 'This method may not be used across origins.',
  'header-not-allowed': 'A request header that was asked for may not be used across origins.',
  'protocol-not-allowed': 'This HTTP version may not be used across origins.',
  'origin-required': 'A request to this API must carry an Origin header.',
  'cross-origin-rejected': 'This API takes no requests from other origins.',
});

/** Why a request is turned away; `cors/<reason>` in answers, logs and metrics. */
export type Reason = keyof typeof DETAILS;

/** The verdict that turns a request away for this reason. */
export function toRefusal(reason: Reason, headers: HeaderPairs): Verdict {
  return refuse({ status: 403, code: `cors/${reason}`, detail: DETAILS[reason], headers });
}

/** The verdicts on standings that may be turned away, made once; a standing that is nothing to refuse has none. */
export function toRefusals(headers: HeaderPairs): ReadonlyMap<Standing, Verdict> {
  return new Map([
    ['denied', toRefusal('origin-not-allowed', headers)],
    ['wrong-protocol', toRefusal('protocol-not-allowed', headers)],
    ['rejected', toRefusal('cross-origin-rejected', headers)],
  ]);
}
