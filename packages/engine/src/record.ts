import type {
  DecisionRecord,
  DecisionSummary,
  RecordedAnswer,
  RecordedOutcome,
  RecordedUpstream,
  RecordedVerdict,
  Refuse,
} from '@postern/model';
import type { RunningExchange } from './exchange.ts';
import type { Edit, Given, OutsideQuestion } from './notes.ts';
import type { Received } from './received.ts';
import type { Veil } from './veil.ts';
import { hideQuery, shownEdit } from './veil.ts';

/**
 * Tells of an exchange that has ended what may be kept: enough to rebuild its decision, with every credential gone. The
 * record holds on to parts of the exchange: make text of it before the next request.
 */
export function recordExchange(exchange: RunningExchange, request: Received, listener: string): DecisionRecord {
  const { revision, digest, origin, veil } = exchange.snapshot;
  const { method, path, protocol, peer, client, headers } = request;
  return {
    id: exchange.requestId,
    at: new Date(exchange.now).toISOString(),
    revision,
    digest,
    origin,
    request: {
      listener,
      method,
      target: request.search === '' ? path : `${path}?${hideQuery(request.query)}`,
      protocol,
      host: request.ownHost,
      headers: veil.headers(headers.entries()),
      peer,
      client: {
        address: client.address,
        scheme: client.scheme,
        host: client.host ?? null,
        forwardedFor: client.forwardedFor ?? null,
      },
      bodyBytes: exchange.bytesIn,
      hasBody: request.hasBody,
    },
    madeId: exchange.madeId ?? null,
    asked: exchange.asked.map(toAnswer),
    drawn: exchange.drawn,
    consumer: exchange.consumer ?? null,
    identifiedBy: exchange.identifiedBy ?? null,
    upstream: upstreamOf(exchange, veil),
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
  const { detail = '', why }: Partial<Refuse> = verdict.kind === 'refuse' ? verdict : {};
  const told = { policy, kind, status: verdict.status, code, detail, headers: veil.pairs(verdict.headers) };
  return typeof why === 'string' ? { ...told, why: veil.text(why) } : told;
}

function toEdit(edit: Edit, veil: Veil): RecordedOutcome['edits'][number] {
  return shownEdit(edit, veil);
}

/** The record in one line. */
export function toSummary({ id, at, request, outcome }: DecisionRecord): DecisionSummary {
  const { group, route, status, policy, code, where } = outcome;
  const [path = ''] = request.target.split('?');
  return { id, at, method: request.method, path, group, route, status, policy, code, where };
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
