/** The gateways that the plugins are held beside. */
export const GATEWAYS = ['Kong', 'APISIX', 'Traefik', 'Envoy Gateway', 'UnifyApps'] as const;

/** What something is called in each of them, in their order; a dash: nothing of the kind. */
export type Names = readonly [string, string, string, string, string];

/**
 * Plugins by name. Looked up in November 2026: developer.konghq.com/plugins, apisix.apache.org (docs/en/latest/plugins), doc.traefik.io
 * (http/middlewares), gateway.envoyproxy.io (v1.9) with gateway-api.sigs.k8s.io, unifyapps.com/docs/api-manager.
 */
export const ELSEWHERE: Readonly<Record<string, Names>> = {
  'access-log': [
    '`file-log`, `http-log`',
    '`file-logger`, `http-logger`',
    '`accessLog`',
    '`EnvoyProxy`: `telemetry.accessLog`',
    '–',
  ],
  authorize: [
    '`acl`, `opa` (Enterprise)',
    '`acl`, `consumer-restriction`, `opa`',
    '`OPA` (Hub)',
    '`SecurityPolicy`: `authorization`',
    'Access profile',
  ],
  'basic-auth': ['`basic-auth`', '`basic-auth`', '`BasicAuth`', '`SecurityPolicy`: `basicAuth`', 'Access profile'],
  cors: ['`cors`', '`cors`', '`Headers`: `accessControl*`', '`SecurityPolicy`: `cors`', 'CORS'],
  headers: [
    '`request-transformer`, `response-transformer`',
    '`proxy-rewrite`, `response-rewrite`',
    '`Headers`',
    '`HTTPRoute`: `RequestHeaderModifier`, `ResponseHeaderModifier`',
    'Request transformer, Response transformer',
  ],
  'ip-restriction': [
    '`ip-restriction`',
    '`ip-restriction`',
    '`IPAllowList`',
    '`SecurityPolicy`: `authorization` by `clientCIDRs`',
    'IP-based access control',
  ],
  jwt: [
    '`jwt`, `openid-connect` (Enterprise)',
    '`jwt-auth`, `openid-connect`',
    '`JWT` (Hub)',
    '`SecurityPolicy`: `jwt`',
    'JWT validation',
  ],
  'key-auth': ['`key-auth`', '`key-auth`', '`APIKey` (Hub)', '`SecurityPolicy`: `apiKeyAuth`', 'Access profile'],
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
  'request-id': ['`correlation-id`', '`request-id`', '–', '`ClientTrafficPolicy`: `headers.requestID`', '–'],
  respond: [
    '`request-termination`, `redirect`',
    '`redirect`, `mocking`, `fault-injection`',
    '`RedirectRegex`, `RedirectScheme`',
    '`HTTPRouteFilter`: `directResponse`, `HTTPRoute`: `RequestRedirect`',
    '–',
  ],
  'transform-request': [
    '`request-transformer`, `request-transformer-advanced` (Enterprise)',
    '`proxy-rewrite`, `body-transformer`',
    '`Headers`, `ReplacePathRegex`, `QueryParameters`',
    '`HTTPRouteFilter`: `urlRewrite`, `HTTPRoute`: `RequestHeaderModifier`',
    'Request transformer',
  ],
  'transform-response': [
    '`response-transformer`, `response-transformer-advanced` (Enterprise)',
    '`response-rewrite`, `body-transformer`',
    '`Headers`',
    '`HTTPRoute`: `ResponseHeaderModifier`',
    'Response transformer',
  ],
  validate: [
    '`request-validator`, `oas-validation` (Enterprise)',
    '`request-validation`, `oas-validator`',
    '–',
    '–',
    'Request validator',
  ],
};
