import type { DoneExchange } from '@postern/kit';

/**
 * The line of one exchange. These names are a contract with whoever reads the log (design: "Log"); absent values are
 * left out by JSON. No header ever gets in, and of the target only the path: a query may carry a secret.
 */
export function toRecord(exchange: DoneExchange): Readonly<Record<string, unknown>> {
  const { request, refusal } = exchange;
  return {
    time: new Date(exchange.now).toISOString(),
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
    groupLabels: shown(exchange.groupLabels),
    routeLabels: shown(exchange.routeLabels),
    policyLabels: shown(refusal?.labels),
  };
}

function shown(labels: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  return labels === undefined || Object.keys(labels).length === 0 ? undefined : labels;
}
