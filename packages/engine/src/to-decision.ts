import { HeaderList } from '@postern/model';
import type { Attached, CheckedDocument, DecidedAnswer, DecidedRequest, DecidedRoute, Decision } from '@postern/model';
import { decidedPolicies } from './decided-policies.ts';
import type { RunningExchange } from './exchange.ts';
import type { Entered, Next } from './flow.ts';
import { problem } from './gate.ts';
import type { AboutServer, Turned } from './gate.ts';
import { lostRoutes } from './lost-routes.ts';
import type { Play, Rehearsal, RehearsalInputs } from './rehearsal.ts';
import type { Asked } from './router.ts';
import { upstreamPath } from './upstream-request.ts';

/** Tells what a rehearsal came to. */
export function toDecision(play: Play, entered: Entered, next: Next): Rehearsal {
  const { exchange, inputs, recorder } = play;
  const { router, veil } = exchange.snapshot;
  const decision: Decision = {
    ...identity(inputs, exchange.requestId),
    request: shownRequest(exchange),
    route: shownRoute(exchange),
    others: lostRoutes(router, askedOf(next, entered), exchange.match),
    consumer: exchange.consumer ?? null,
    policies: decidedPolicies(exchange, attachedOf(play), {
      document: inputs.staged.document,
      traces: recorder.traces,
    }),
    answer: shownAnswer(exchange),
    upstream:
      exchange.upstream === undefined
        ? null
        : {
            name: exchange.upstream,
            path: askedPath(play),
            headers: veil.headers(exchange.outgoing.entries()),
          },
  };
  const { status, headers, body } = exchange;
  const outgoing = exchange.upstream === undefined ? undefined : exchange.outgoing;
  const outgoingBody = outgoing === undefined ? undefined : play.outgoingBody;
  const blind = new Set(recorder.traces.filter(({ readHidden }) => readHidden).map(({ policy }) => policy));
  return {
    decision,
    answer: { status, headers, body },
    outgoing,
    outgoingBody,
    blind,
    exchange,
    request: play.request,
  };
}

/** Tells of a request that did not pass the gate: no route was looked up, and no policy ran. */
export function turnedDecision(inputs: RehearsalInputs, turned: Turned | AboutServer): Rehearsal {
  const { head, staged, runtime } = inputs;
  const [path = '', ...query] = head.target.split('?');
  const refused = turned.kind === 'turned';
  const headers = new HeaderList(
    refused ? ['content-type', 'application/problem+json', 'vary', 'Origin'] : ['allow', turned.allow],
  );
  const status = refused ? turned.status : 204;
  const lines = head.headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const decision: Decision = {
    ...identity(inputs, inputs.requestId ?? ''),
    at: new Date(runtime.now()).toISOString(),
    request: {
      method: head.method,
      scheme: head.scheme,
      host: lines.find(([name]) => name === 'host')?.[1] ?? '',
      path,
      query: query.join('?'),
      protocol: head.protocol,
      clientAddress: head.client?.address ?? head.peer,
      headers: staged.snapshot.veil.headers(lines.filter(([name]) => name !== 'host')),
    },
    route: null,
    others: [],
    consumer: null,
    policies: [],
    answer: {
      status,
      madeBy: 'gateway',
      policy: null,
      code: refused ? turned.code : null,
      detail: refused ? turned.detail : null,
      where: null,
      headers: [...headers.entries()],
    },
    upstream: null,
  };
  const body = refused ? problem(turned) : undefined;
  const nothing = { outgoing: undefined, outgoingBody: undefined, exchange: undefined, request: undefined };
  const blind: ReadonlySet<string> = new Set();
  return { decision, answer: { status, headers, body }, ...nothing, blind };
}

function identity(
  { staged, runtime }: RehearsalInputs,
  id: string,
): Pick<Decision, 'id' | 'at' | 'revision' | 'digest' | 'origin'> {
  const { revision, digest } = staged.snapshot;
  return { id, at: new Date(runtime.now()).toISOString(), revision, digest, origin: staged.document.origin };
}

function shownRequest({ request, snapshot }: RunningExchange): DecidedRequest {
  const { method, scheme, host, path, query, protocol, clientAddress } = request;
  const headers = snapshot.veil.headers(request.headers.entries());
  return { method, scheme, host, path, query, protocol, clientAddress, headers };
}

function shownRoute({ match }: RunningExchange): DecidedRoute | null {
  if (match?.kind !== 'route') return null;
  const { group } = match.table;
  // The tree may be an earlier document's, with other lines.
  const route = group.routes.find(({ name }) => name === match.route.name) ?? match.route;
  const pattern = group.basePath === '/' ? route.path : `${group.basePath}${route.path}`;
  const { file, line } = route.place;
  return { group: group.name, route: route.name, pattern, file, line };
}

/** What the router was asked last: for a preflight that was answered, the method that it announces. */
function askedOf(next: Next, { passed, listener, request }: Entered): Asked {
  const asked = { listener, hostname: passed.hostname, path: passed.target.path };
  if (next !== 'send') return { ...asked, method: request.method, headers: request.headers };
  return { ...asked, method: request.headers.get('access-control-request-method'), headers: undefined };
}

/** The list that ran, as the document attaches it: shadows and all, and what a consumer brought along in its place. */
function attachedOf({ exchange, inputs }: Play): readonly Attached[] {
  const { document } = inputs.staged;
  const list = listOf(exchange, document);
  const name = exchange.identifiedBy === undefined ? undefined : exchange.consumer?.name;
  const own = document.consumers.find((consumer) => consumer.name === name)?.pipeline ?? [];
  if (own.length === 0) return list;
  // The slots of the list come first, in its order; behind them are those of the consumer.
  return exchange.pipeline.attachments.flatMap(({ instance, mode, slot }) => {
    const found =
      slot < list.length ? list[slot] : own.find((one) => one.policy === instance.policy.name && one.mode === mode);
    return found ?? [];
  });
}

function listOf({ match }: RunningExchange, document: CheckedDocument): readonly Attached[] {
  const group = match?.table?.group;
  if (group === undefined) return document.gateway;
  return (match?.kind === 'route' ? group.pipelines[match.route.pipeline] : undefined) ?? group.pipelines[0] ?? [];
}

/** The path that the upstream is asked for: of its first target, where there are several. */
function askedPath({ exchange }: Play): string {
  const group = exchange.match?.table?.group;
  const upstream = group === undefined ? undefined : exchange.snapshot.upstreams.get(group.upstream);
  return upstreamPath(exchange, upstream?.kind === 'targets' ? upstream.targets[0] : undefined);
}

function shownAnswer({ status, madeBy, refusal, refusalDetail, headers, snapshot }: RunningExchange): DecidedAnswer {
  return {
    status,
    madeBy: madeBy.kind,
    policy: madeBy.kind === 'policy' ? madeBy.policy : null,
    code: refusal?.code ?? null,
    detail: refusalDetail === undefined ? null : snapshot.veil.text(refusalDetail),
    where: refusal?.where ?? null,
    headers: snapshot.veil.headers(headers.entries()),
  };
}
