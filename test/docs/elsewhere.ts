/** The gateways that the plugins are held beside: the columns of the table under "## Elsewhere" of each README. */
export const GATEWAYS = ['Kong', 'APISIX', 'Traefik', 'Envoy Gateway', 'UnifyApps'] as const;

/** What something is called in each of them, in their order; a dash: nothing of the kind. */
type Names = readonly [string, string, string, string, string];

/**
 * Names for plugins whose README has no such table. Looked up in November 2026: developer.konghq.com/plugins, apisix.apache.org
 * (docs/en/latest/plugins), doc.traefik.io (http/middlewares), gateway.envoyproxy.io (v1.9), unifyapps.com/docs/api-manager.
 */
export const ELSEWHERE: Readonly<Record<string, Names>> = {
  quota: [
    '`rate-limiting` by day or month',
    '`limit-count`',
    'API plans (Hub)',
    '`BackendTrafficPolicy`: `rateLimit.global`',
    'Usage quota',
  ],
  'rate-limit': [
    '`rate-limiting`, `rate-limiting-advanced` (Enterprise)',
    '`limit-req`, `limit-count`',
    '`RateLimit`, distributed in Hub',
    '`BackendTrafficPolicy`: `rateLimit`',
    'Rate limiting',
  ],
  respond: [
    '`request-termination`, `redirect`',
    '`redirect`, `mocking`, `fault-injection`',
    '`RedirectRegex`, `RedirectScheme`',
    '`HTTPRouteFilter`: `directResponse`, `HTTPRoute`: `RequestRedirect`',
    '–',
  ],
  validate: [
    '`request-validator`, `oas-validation` (Enterprise)',
    '`request-validation`, `oas-validator`',
    '–',
    '–',
    'Request validator',
  ],
};
