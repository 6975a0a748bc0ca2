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

/** Counters of what a policy's verdicts were; bound once, counted on the request path. */
export interface Outcomes {
  readonly refused: () => void;
  readonly responded: () => void;
  readonly failed: () => void;
}

/** One policy's place in a pipeline: its slot on an exchange, and the line that defines it. */
export interface Attachment {
  readonly instance: Instance;
  readonly slot: number;
  /** `gateway.yaml:41`. */
  readonly where: string;
  readonly mode: Attached['mode'];
  readonly when: readonly Condition[];
}

/** One step to run: the attachment it belongs to and the function, bound when the snapshot was compiled. */
export interface Step<Run> extends Attachment {
  readonly run: Run;
}

/** The policies of one route in run order, compiled: a list per kind of step, each without the policies that have none. */
export interface Pipeline {
  /** Every policy that runs, in run order. */
  readonly attachments: readonly Attachment[];
  readonly preflight: readonly Step<NonNullable<Handlers['preflight']>>[];
  readonly request: readonly Step<NonNullable<Handlers['request']>>[];
  readonly requestBody: readonly Step<BodyStep<Exchange>>[];
  /** Already reversed; owners of response headers last. */
  readonly response: readonly Step<NonNullable<Handlers['response']>>[];
  readonly responseBody: readonly Step<BodyStep<ResponseExchange>>[];
  readonly responseStream: readonly Step<NonNullable<Handlers['responseStream']>>[];
  readonly done: readonly Step<(exchange: DoneExchange) => void>[];
  /** Response headers that only one slot may edit. */
  readonly owned: readonly { readonly prefix: string; readonly slot: number }[];
}

/** Composes a pipeline of instances in run order. Pure; nothing is decided again on the request path. */
export function composePipeline(all: readonly Attachment[]): Pipeline {
  // TODO(shadow): runs beside the others
  const attachments = all.filter(({ mode }) => mode === 'enforce');
  const backwards = attachments.toReversed();
  const owners = backwards.filter((attachment) => attachment.instance.owns.length > 0);
  const others = backwards.filter((attachment) => attachment.instance.owns.length === 0);
  // Owners run last: theirs is the word on their headers whatever the order says (design: response steps).
  const outwards = [...others, ...owners];
  return Object.freeze({
    attachments,
    preflight: stepsOf(attachments, (handlers) => handlers.preflight?.bind(handlers)),
    request: stepsOf(attachments, (handlers) => handlers.request?.bind(handlers)),
    requestBody: stepsOf(attachments, (handlers) => handlers.requestBody),
    response: stepsOf(outwards, (handlers) => handlers.response?.bind(handlers)),
    responseBody: stepsOf(outwards, (handlers) => handlers.responseBody),
    responseStream: stepsOf(outwards, (handlers) => handlers.responseStream?.bind(handlers)),
    done: stepsOf(attachments, (handlers) => handlers.done?.bind(handlers)),
    owned: owners.flatMap(({ instance, slot }) => instance.owns.map((prefix) => ({ prefix, slot }))),
  });
}

function stepsOf<Run>(
  attachments: readonly Attachment[],
  pick: (handlers: Handlers) => Run | undefined,
): readonly Step<Run>[] {
  const steps: Step<Run>[] = [];
  for (const attachment of attachments) {
    const run = pick(attachment.instance.handlers);
    if (run !== undefined) steps.push({ ...attachment, run });
  }
  return Object.freeze(steps);
}
