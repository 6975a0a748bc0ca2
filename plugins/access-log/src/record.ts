import type { DoneExchange } from '@postern/kit';

/**
 * The line of one exchange. These names are a contract with whoever reads the log (design: "Log"); absent values are
 * left out by JSON. No header ever gets in, and of the target only the path: a query may carry a secret.
 */
export function toRecord(exchange: DoneExchange): Readonly<Record<string, unknown>> {
  const { request, refusal } = exchange;
  return {
    time: isoTime(exchange.now),
    requestId: exchange.requestId,
    group: exchange.group,
    route: exchange.route,
    consumer: exchange.consumer?.name,
    method: request.method,
    host: request.host,
    path: request.path,
    status: exchange.response.status,
    durationMs: Math.round(exchange.durationMs * 1000) / 1000,
    upstream: exchange.upstream,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    revision: exchange.revision,
    shadowed: exchange.shadowed.length === 0 ? undefined : exchange.shadowed,
    policy: refusal?.policy,
    code: refusal?.code,
    where: refusal?.where,
    why: refusal?.why,
    groupLabels: shown(exchange.groupLabels),
    routeLabels: shown(exchange.routeLabels),
    policyLabels: shown(refusal?.labels),
  };
}

/** The second of the last line, up to its dot: all lines of one second begin the same. */
let second = NaN;
let prefix = '';

/** ISO 8601 with milliseconds, as `Date` writes it. */
function isoTime(now: number): string {
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    prefix = new Date(whole * 1000).toISOString().slice(0, -4);
    second = whole;
  }
  return `${prefix}${String(Math.floor(now) - whole * 1000).padStart(3, '0')}Z`;
}

function shown(labels: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  for (const _ in labels) return labels;
  return undefined;
}
