import type { Handlers, StreamTap, StreamTransform } from '@postern/model';
import type { RunningExchange } from './exchange.ts';
import type { Attachment, Step } from './pipeline.ts';
import { viewOf } from './policy-view.ts';
import { hasSpoken, wouldFail } from './shadow.ts';
import { ignore, isPromise, StrangeResult } from './step-result.ts';
import { failed, giveVerdict } from './verdicts.ts';

/** A step that taps or transforms the streaming body. */
export type StreamStep = Step<NonNullable<Handlers['responseStream']>>;

/** What such a step does with the body; `refused`: it broke, and its refusal is the exchange's answer now. */
export type AskedStream = StreamTap | StreamTransform | { readonly kind: 'refused' } | undefined;

/** Asks a step for its stream, before the head leaves. */
export function askForStream(exchange: RunningExchange, step: StreamStep): AskedStream {
  const asked = ask(exchange, step);
  if (!(asked instanceof Broken)) return asked;
  const refuse = failed(exchange, step, { ...THREW, error: asked.error });
  if (refuse === undefined) return undefined;
  giveVerdict(exchange, step, refuse);
  return { kind: 'refused' };
}

/** Asks a step in shadow for its stream; one that breaks is counted. */
export function askForStreamInShadow(
  exchange: RunningExchange,
  step: StreamStep,
): StreamTap | StreamTransform | undefined {
  if (hasSpoken(exchange, step, 'responseStream')) return undefined;
  const asked = ask(exchange, step);
  if (!(asked instanceof Broken)) return asked;
  wouldFail(exchange, step, { step: 'responseStream', ...THREW, error: asked.error });
  return undefined;
}

/** A stream broke while the body passed. Says whether the answer must be cut: its head has left, so nothing can be refused. */
export function breakStream(exchange: RunningExchange, attachment: Attachment, error: unknown): boolean {
  return failed(exchange, attachment, { ...THREW, error }) !== undefined;
}

const THREW = Object.freeze({ code: 'policy/threw', status: 500 });

class Broken {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

function ask(exchange: RunningExchange, step: StreamStep): StreamTap | StreamTransform | Broken | undefined {
  try {
    const said: unknown = step.run(viewOf(exchange, step));
    if (said === undefined || said === null) return undefined;
    if (isPromise(said)) ignore(said);
    return isStream(said) ? said : new Broken(new StrangeResult('responseStream'));
  } catch (error) {
    return new Broken(error);
  }
}

function isStream(said: unknown): said is StreamTap | StreamTransform {
  if (typeof said !== 'object' || said === null || !('kind' in said)) return false;
  if (said.kind === 'tap') return has(said, 'chunk') && has(said, 'end');
  return (
    said.kind === 'transform' &&
    'stream' in said &&
    typeof said.stream === 'object' &&
    said.stream !== null &&
    has(said.stream, 'write') &&
    has(said.stream, 'pipe') &&
    has(said.stream, 'destroy')
  );
}

function has(value: object, method: string): boolean {
  const found: unknown = Reflect.get(value, method);
  return typeof found === 'function';
}
