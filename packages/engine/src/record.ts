import { HIDDEN } from '@postern/model';
import type {
  DecisionRecord,
  DecisionSummary,
  HeaderPairs,
  HttpProtocol,
  RecordedAnswer,
  RecordedOutcome,
  RecordedUpstream,
  RecordedVerdict,
} from '@postern/model';
import type { Client } from './client.ts';
import type { Draw, Edit, Given, OutsideQuestion, RunningExchange } from './exchange.ts';
import type { Received } from './received.ts';
import type { Veil } from './veil.ts';
import { hideQuery } from './veil.ts';

/**
 * An exchange as it is kept: what the exchange made anyway, by reference, and its heads with every credential gone. Neither
 * the exchange nor its snapshot is held by it. `toRecord` makes plain data of it, when somebody asks.
 */
export interface KeptExchange {
  readonly id: string;
  readonly now: number;
  readonly revision: number;
  readonly digest: string;
  readonly origin: string;
  readonly listener: string;
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly protocol: HttpProtocol;
  readonly host: string;
  readonly peer: string;
  readonly client: Client;
  readonly headers: HeaderPairs;
  readonly madeId: string | undefined;
  readonly asked: readonly OutsideQuestion[];
  readonly drawn: readonly Draw[];
  readonly consumer: DecisionRecord['consumer'];
  readonly upstream: RecordedUpstream | null;
  readonly bodyBytes: number;
  readonly outcome: RecordedOutcome;
}

/** Keeps an exchange that has ended. Runs on the request path of what is kept: one pass over each head. */
export function keepExchange(exchange: RunningExchange, request: Received, listener: string): KeptExchange {
  const { snapshot } = exchange;
  const { veil } = snapshot;
  const { method, path, protocol, peer, client } = request;
  return {
    id: exchange.requestId,
    now: exchange.now,
    revision: snapshot.revision,
    digest: snapshot.digest,
    origin: snapshot.origin,
    listener,
    method,
    path,
    search: request.search === '' ? '' : `?${hideQuery(request.query)}`,
    protocol,
    host: request.ownHost,
    peer,
    client,
    headers: veil.pairs(request.headers.pairs),
    madeId: exchange.madeId,
    asked: exchange.asked,
    drawn: exchange.drawn,
    consumer: exchange.consumer ?? null,
    upstream: upstreamOf(exchange, veil),
    bodyBytes: exchange.bytesIn,
    outcome: outcomeOf(exchange),
  };
}

function upstreamOf(
  { upstreamStatus, upstreamPairs, upstreamFailure }: RunningExchange,
  veil: Veil,
): RecordedUpstream | null {
  if (upstreamFailure !== undefined) {
    const { status, code, detail } = upstreamFailure;
    return { kind: 'failed', status, code, detail };
  }
  return upstreamStatus === 0 ? null : { kind: 'answer', status: upstreamStatus, headers: veil.pairs(upstreamPairs) };
}

/** What came of an exchange, with nothing in it that must not be kept. */
export function outcomeOf(exchange: RunningExchange): RecordedOutcome {
  const { group = null, route = null, status, madeBy, refusal, headers, snapshot } = exchange;
  const { veil } = snapshot;
  const shown = veil.headers(headers.entries()).filter(([name]) => !FRAMING.has(name));
  return {
    group,
    route,
    given: exchange.given.map((given) => toVerdict(given, veil)),
    edits: exchange.edits.map((edit) => toEdit(edit, veil)),
    status,
    madeBy: madeBy.kind,
    policy: madeBy.kind === 'policy' ? madeBy.policy : null,
    code: refusal?.code ?? null,
    where: refusal?.where ?? null,
    headers: shown,
  };
}

/** Fields that the server sets when it writes a message, whatever was decided. */
const FRAMING: ReadonlySet<string> = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

function toVerdict({ policy, kind, code, verdict }: Given, veil: Veil): RecordedVerdict {
  if (verdict === undefined || kind === 'failed') return { policy, kind: 'failed', code };
  const detail = verdict.kind === 'refuse' ? verdict.detail : '';
  return { policy, kind, status: verdict.status, code, detail, headers: veil.pairs(verdict.headers) };
}

function toEdit(edit: Edit, veil: Veil): RecordedOutcome['edits'][number] {
  return { ...edit, value: veil.value(edit.name, edit.value) };
}

/** The record as plain data. */
export function toRecord(kept: KeptExchange): DecisionRecord {
  const { id, revision, digest, origin, client, headers } = kept;
  return {
    id,
    at: new Date(kept.now).toISOString(),
    revision,
    digest,
    origin,
    request: {
      listener: kept.listener,
      method: kept.method,
      target: `${kept.path}${kept.search}`,
      protocol: kept.protocol,
      host: kept.host,
      headers: toLines(headers),
      peer: kept.peer,
      client: {
        address: client.address,
        scheme: client.scheme,
        host: client.host ?? null,
        forwardedFor: client.forwardedFor ?? null,
      },
      bodyBytes: kept.bodyBytes,
    },
    madeId: kept.madeId ?? null,
    asked: kept.asked.map(toAnswer),
    drawn: kept.drawn,
    consumer: kept.consumer,
    upstream: kept.upstream,
    outcome: kept.outcome,
  };
}

/** The record in one line. */
export function toSummary({ id, now, method, path, outcome }: KeptExchange): DecisionSummary {
  const { group, route, status, policy, code, where } = outcome;
  return { id, at: new Date(now).toISOString(), method, path, group, route, status, policy, code, where };
}

/** An answer that is no plain data cannot be kept: the question then counts as failed. */
function toAnswer({ policy, key, value, promised, failed }: OutsideQuestion): RecordedAnswer {
  const about = { policy, key, promised };
  if (failed || value === undefined) return { ...about, value: null, failed };
  try {
    const text = JSON.stringify(value);
    return text === undefined ? { ...about, value: null, failed: true } : { ...about, value: JSON.parse(text), failed };
  } catch {
    return { ...about, value: null, failed: true };
  }
}

function toLines(pairs: HeaderPairs): readonly (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) lines.push([pairs[at] ?? '', pairs[at + 1] ?? HIDDEN]);
  return lines;
}
