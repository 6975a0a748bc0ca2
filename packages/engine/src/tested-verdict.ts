import type { DecidedPolicy, DecidedStep, Decision, TestedVerdict } from '@postern/model';

/** What a policy said on the whole; undefined when the request never came to it. Pure. */
export function verdictOf(decided: DecidedPolicy, decision: Decision): TestedVerdict | undefined {
  const said = decided.steps.findLast(({ verdict }) => SAID[verdict] !== 'continue');
  if (said !== undefined) return toVerdict(said, decided, decision);
  // Without a step it had nothing to say, or another one spoke before.
  const spokeBefore = decision.upstream === null && decision.answer.policy !== decided.policy;
  return decided.steps.length === 0 && spokeBefore ? undefined : 'continue';
}

const SAID: Readonly<Record<DecidedStep['verdict'], TestedVerdict>> = {
  continue: 'continue',
  respond: 'respond',
  refuse: 'refuse',
  failed: 'refuse',
  skipped: 'continue',
  unknown: 'continue',
  'would ask': 'continue',
  'would respond': 'would respond',
  'would refuse': 'would refuse',
  'would fail': 'would refuse',
};

/** A policy that failed and is skipped lets the request go on. */
function toVerdict({ verdict }: DecidedStep, { policy }: DecidedPolicy, { answer }: Decision): TestedVerdict {
  return verdict === 'failed' && answer.policy !== policy ? 'continue' : SAID[verdict];
}

/** What all policies said together. Pure. */
export function wholeVerdict({ answer }: Decision): TestedVerdict {
  if (answer.madeBy === 'upstream') return 'continue';
  return answer.code === null ? 'respond' : 'refuse';
}

/** Who decided, for messages: `keys refused it (gateway.yaml:12) [keys/no-key]`. Pure. */
export function deciderOf({ answer }: Decision): string {
  if (answer.madeBy === 'upstream') return 'the upstream answered';
  const who = answer.policy ?? 'the gateway';
  const where = answer.where === null ? '' : ` (${answer.where})`;
  if (answer.code === null) return `${who} answered${where}`;
  return `${who} refused it${where} [${answer.code}]`;
}
