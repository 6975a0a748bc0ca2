import type { Verdict } from '@postern/model';
import { BufferedBody, forgetRequestCoding, forgetResponseCoding } from './buffered-body.ts';
import { bodySteps } from './condition.ts';
import { RunningExchange } from './exchange.ts';
import { BODY_TOO_LARGE, decide, mayReadBody } from './flow.ts';
import type { Next } from './flow.ts';
import { gate } from './gate.ts';
import { withoutHopByHop } from './hop-by-hop.ts';
import { Received } from './received.ts';
import { Recorder } from './recorder.ts';
import type { Play, Rehearsal, RehearsalInputs, UpstreamAnswer } from './rehearsal.ts';
import { runRequestBody, runResponse, runResponseBody } from './run.ts';
import { runDone } from './run-done.ts';
import { runBodyInShadow } from './shadow.ts';
import { toDecision, turnedDecision } from './to-decision.ts';
import { hostHeader } from './upstream-request.ts';

/**
 * Runs one request through a snapshot as the server would, and sends nothing: the same gate, router, pipelines and steps,
 * on the clock, chance, outside answers and upstream's answer that are handed in. Plugins' own functions to the outside
 * are never called. Streams do not run (`responseStream`), everything else does, `done` included. What policies keep
 * across exchanges (`context.keep`, counters) is touched as by a real request: rehearse on a snapshot of `compileApart`.
 */
export async function rehearse(inputs: RehearsalInputs): Promise<Rehearsal> {
  const { head, staged, runtime } = inputs;
  const limits = inputs.limits ?? staged.document.server.limits;
  const { method, target: url, protocol } = head;
  const passed = gate({ protocol, method, url, rawHeaders: head.headers.flat() }, limits);
  if (passed.kind !== 'passed') return turnedDecision(inputs, passed);
  const client = head.client ?? { address: head.peer, scheme: head.scheme, host: undefined, forwardedFor: undefined };
  const request = new Received(passed, client, head.peer);
  request.hasBody = inputs.body !== undefined;
  const exchange = new RunningExchange({ request, snapshot: staged.snapshot, runtime });
  if (inputs.requestId !== undefined) exchange.requestId = inputs.requestId;
  const recorder = new Recorder(exchange, inputs.known);
  const entered = { listener: head.listener, passed, request, limits };
  exchange.dress = recorder.dress.bind(recorder);
  const play: Play = {
    inputs,
    exchange,
    request,
    recorder,
    bodyBytes: limits.bodyBytes,
    outgoingBody: inputs.body ?? undefined,
  };
  const next = await decide(exchange, entered);
  await answer(play, next);
  runDone(exchange);
  await recorder.shadowsEnded();
  return toDecision(play, entered, next);
}

/** From the request steps to the answer, by the way that the decision names. */
async function answer(play: Play, next: Next): Promise<void> {
  const { exchange } = play;
  switch (next) {
    case 'send':
      return;
    case 'respond':
      await runResponse(exchange);
      return;
    case 'read-body':
      // Body steps skip a request without one.
      await answer(play, play.inputs.body !== undefined && (await readBody(play)) ? 'respond' : 'forward');
      return;
    case 'forward':
      await forward(play);
      return;
    default:
      next satisfies never;
  }
}

/** Runs the steps that asked for the request's body; true when one of them answered. */
async function readBody(play: Play): Promise<boolean> {
  const { exchange, inputs, recorder, bodyBytes } = play;
  const { body } = inputs;
  if (body === null) return give(exchange, recorder.skipBody('requestBody'));
  const steps = bodySteps(exchange, exchange.pipeline.requestBody);
  const counting = steps.filter(({ mode }) => mode === 'enforce');
  exchange.bytesIn = body?.length ?? 0;
  if (counting.length === 0) {
    runBodyInShadow(exchange, steps, { step: 'requestBody', bytes: body ?? new Uint8Array() });
    return false;
  }
  const limit = Math.min(bodyBytes, ...counting.map((step) => step.run.limit));
  if (body !== undefined && body.length > limit) {
    exchange.answerRefusal(BODY_TOO_LARGE, undefined);
    return true;
  }
  const buffered = new BufferedBody(body ?? new Uint8Array());
  const answered = await runRequestBody(exchange, buffered);
  play.outgoingBody = buffered.bytes;
  if (buffered.replaced) forgetRequestCoding(exchange.outgoing);
  // The length on the wire of a coded body is the client's own.
  if (!exchange.outgoing.has('content-encoding'))
    exchange.outgoing.set('content-length', String(buffered.bytes.length));
  return answered;
}

/** Puts a remembered verdict on the exchange. */
function give(
  exchange: RunningExchange,
  said: { readonly verdict: Verdict; readonly policy: string } | undefined,
): boolean {
  if (said === undefined) return false;
  const by = exchange.pipeline.attachments.find(({ instance }) => instance.policy.name === said.policy);
  if (said.verdict.kind === 'refuse') exchange.answerRefusal(said.verdict, by);
  else exchange.answerFromPolicy(said.verdict, said.policy);
  return true;
}

/** Asks the upstream that is not there. */
async function forward(play: Play): Promise<void> {
  const { exchange, inputs, recorder, request } = play;
  const group = exchange.match?.table?.group;
  const upstream = group === undefined ? undefined : exchange.snapshot.upstreams.get(group.upstream);
  if (group === undefined || upstream === undefined) throw new Error('a route has no upstream');
  exchange.upstream = upstream.name;
  if (upstream.kind === 'targets') {
    const [target] = upstream.targets;
    const own = target === undefined ? '' : hostHeader(target);
    exchange.outgoing.set('host', (group.preserveHost ?? upstream.preserveHost) ? request.host : own);
  }
  const said = inputs.upstream ?? (upstream.kind === 'echo' ? ECHO : PLAIN);
  if (said.kind === 'failed') {
    exchange.upstreamFailure = said.refuse;
    exchange.answerRefusal(said.refuse, undefined);
    await runResponse(exchange);
    return;
  }
  exchange.upstreamStatus = said.status;
  exchange.upstreamPairs = said.headers;
  exchange.answerFromUpstream(said.status, withoutHopByHop(said.headers));
  await runResponse(exchange);
  if (exchange.madeBy.kind !== 'upstream') return;
  const steps = bodySteps(exchange, exchange.pipeline.responseBody);
  if (steps.length === 0 || !mayReadBody(exchange)) exchange.body = said.body ?? undefined;
  else if (!steps.some(({ mode }) => mode === 'enforce')) {
    exchange.body = said.body ?? undefined;
    if (said.body === null) recorder.skipBody('responseBody');
    else runBodyInShadow(exchange, steps, { step: 'responseBody', bytes: said.body ?? new Uint8Array() });
  } else if (said.body === null) give(exchange, recorder.skipBody('responseBody'));
  else {
    const body = new BufferedBody(said.body ?? new Uint8Array());
    if (await runResponseBody(exchange, body)) {
      // As the server does: response steps run on whatever leaves.
      await runResponse(exchange);
      return;
    }
    exchange.body = body.bytes;
    if (body.replaced) forgetResponseCoding(exchange.headers);
  }
}

const PLAIN: UpstreamAnswer = { kind: 'answer', status: 200, headers: [] };
const ECHO: UpstreamAnswer = { kind: 'answer', status: 200, headers: ['content-type', 'application/json'] };
