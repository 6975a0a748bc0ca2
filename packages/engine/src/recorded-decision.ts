import type { Decision, DecisionRecord } from '@postern/model';

/** What a record tells by itself, when its document is gone: no pattern, no lines, no steps of policies. Pure. */
export function recordedDecision(record: DecisionRecord): Decision {
  const { id, at, revision, digest, origin, request, outcome } = record;
  const { group, route, status, madeBy, policy, code, where, headers } = outcome;
  const [path = '', ...query] = request.target.split('?');
  return {
    id,
    at,
    revision,
    digest,
    origin,
    request: {
      method: request.method,
      scheme: request.client.scheme,
      host: request.client.host ?? request.host,
      path,
      query: query.join('?'),
      protocol: request.protocol,
      clientAddress: request.client.address,
      headers: request.headers,
    },
    route: group === null || route === null ? null : { group, route, pattern: null, file: null, line: null },
    others: [],
    consumer: record.consumer,
    policies: [],
    answer: { status, madeBy, policy, code, detail: null, where, headers },
    upstream: null,
  };
}
