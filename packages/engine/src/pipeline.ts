import type { ConditionInputs } from '@postern/config';
import type {
  Attached,
  BodyStep,
  CheckedPolicy,
  Condition,
  DoneExchange,
  Exchange,
  Handlers,
  ResponseExchange,
} from '@postern/model';

/** A policy that broke on an exchange, for the log. */
export interface Failure {
  readonly policy: string;
  readonly where: string;
  readonly code: string;
  readonly error: unknown;
}

/** A policy's compiled steps, shared by every snapshot whose policy has the same key. */
export interface Instance {
  readonly key: string;
  readonly policy: CheckedPolicy;
  readonly handlers: Handlers;
  /** Prefixes of response headers that this policy's plugin owns. */
  readonly owns: readonly string[];
  /** Whether it refuses, with this config, whoever is not identified or allowed. */
  readonly guards: boolean;
  /** Whether its request steps may answer in the upstream's place. */
  readonly answers: boolean;
  readonly outcomes: Outcomes;
}

/** Counters of what a policy's verdicts were, or in shadow would have been; bound once, counted on the request path. */
export interface Outcomes {
  readonly refused: () => void;
  readonly responded: () => void;
  /** `failure` is absent where a policy broke outside any exchange: when it was closed. */
  readonly failed: (failure?: Failure) => void;
}

/** One policy's place in a pipeline: its slot on an exchange, and the line that defines it. */
export interface Attachment {
  readonly instance: Instance;
  readonly slot: number;
  /** `gateway.yaml:41`. */
  readonly where: string;
  readonly mode: Attached['mode'];
  readonly when: readonly Condition[];
  /** Whether the policy runs on an exchange; undefined: on every one. Throws where a condition has no answer. */
  readonly condition: ((inputs: ConditionInputs) => boolean) | undefined;
}

/** One step to run: the attachment it belongs to and the function, bound when the snapshot was compiled. */
export interface Step<Run> extends Attachment {
  readonly run: Run;
}

/** The policies of one route in run order, compiled: a list per kind of step, each without the policies that have none. */
export interface Pipeline {
  /** Every policy that runs, in run order; those in shadow among them, in their place here and in the lists below. */
  readonly attachments: readonly Attachment[];
  readonly preflight: readonly Step<NonNullable<Handlers['preflight']>>[];
  readonly request: readonly Step<NonNullable<Handlers['request']>>[];
  readonly requestBody: readonly Step<BodyStep<Exchange>>[];
  /** Already reversed; owners of response headers last. */
  readonly response: readonly Step<NonNullable<Handlers['response']>>[];
  readonly responseBody: readonly Step<BodyStep<ResponseExchange>>[];
  readonly responseStream: readonly Step<NonNullable<Handlers['responseStream']>>[];
  readonly done: readonly Step<(exchange: DoneExchange) => void>[];
  /** Whether any policy has a condition: without one, steps need not be asked. */
  readonly conditional: boolean;
  /** Whether any body step says which bodies it wants: without one, none need be asked. */
  readonly choosy: boolean;
  /** Response headers that only one slot may edit; never one in shadow. */
  readonly owned: readonly { readonly prefix: string; readonly slot: number }[];
}

/** Composes a pipeline of instances in run order. Pure; nothing is decided again on the request path. */
export function composePipeline(attachments: readonly Attachment[]): Pipeline {
  const backwards = attachments.toReversed();
  const owners = backwards.filter((attachment) => attachment.instance.owns.length > 0);
  const others = backwards.filter((attachment) => attachment.instance.owns.length === 0);
  // Owners run last: theirs is the word on their headers whatever the order says (design: response steps).
  const outwards = [...others, ...owners];
  return Object.freeze({
    attachments,
    conditional: attachments.some(({ condition }) => condition !== undefined),
    choosy: attachments.some(
      ({ instance: { handlers } }) =>
        handlers.requestBody?.wants !== undefined || handlers.responseBody?.wants !== undefined,
    ),
    preflight: stepsOf(attachments, (handlers) => handlers.preflight?.bind(handlers)),
    request: stepsOf(attachments, requestOf),
    requestBody: stepsOf(attachments, (handlers) => handlers.requestBody),
    response: stepsOf(outwards, responseOf),
    responseBody: stepsOf(outwards, (handlers) => handlers.responseBody),
    responseStream: stepsOf(outwards, (handlers) => handlers.responseStream?.bind(handlers)),
    done: stepsOf(attachments, (handlers) => handlers.done?.bind(handlers)),
    owned: owners
      .filter(({ mode }) => mode === 'enforce')
      .flatMap(({ instance, slot }) => instance.owns.map((prefix) => ({ prefix, slot }))),
  });
}

/**
 * A policy with a condition has a request step where a later part of the engine has to know whether it runs: a condition
 * without an answer then fails in the policy's own place.
 */
function requestOf(handlers: Handlers, { condition, instance }: Attachment): Handlers['request'] {
  if (handlers.request !== undefined) return handlers.request.bind(handlers);
  const isAskedFor = handlers.requestBody !== undefined || instance.owns.length > 0;
  return condition !== undefined && isAskedFor ? goOn : undefined;
}

function responseOf(handlers: Handlers, { condition }: Attachment): Handlers['response'] {
  if (handlers.response !== undefined) return handlers.response.bind(handlers);
  const isAskedFor = handlers.responseBody !== undefined || handlers.responseStream !== undefined;
  return condition !== undefined && isAskedFor ? goOn : undefined;
}

function goOn(): undefined {
  return undefined;
}

function stepsOf<Run>(
  attachments: readonly Attachment[],
  pick: (handlers: Handlers, attachment: Attachment) => Run | undefined,
): readonly Step<Run>[] {
  const steps: Step<Run>[] = [];
  for (const attachment of attachments) {
    const run = pick(attachment.instance.handlers, attachment);
    if (run !== undefined) steps.push({ ...attachment, run });
  }
  // Not frozen: compiled code reads a frozen list by a call.
  return steps;
}
