import { CORS, EDITS, routeNumbers } from '../core/site.ts';
import type { Site } from '../core/site.ts';

/** The configuration of HAProxy for a site: one thread, upstream connections shared. Its routes stand in `routes.lst`. */
export function haproxyConfiguration(site: Site): string {
  const { port, upstream, protocol, policies, routes, workers } = site;
  const five = policies === 'five';
  const strict =
    policies === 'strict'
      ? `  http-request return status 403 content-type application/problem+json string '{"status":403,"title":"Forbidden","code":"origin-not-allowed"}' hdr vary Origin if { var(txn.origin) -m found } !allowed\n`
      : '';
  const edits = five
    ? `  http-request set-header x-request-id %[unique-id]
  http-request set-header ${EDITS.upstream.name} ${EDITS.upstream.value}
  http-response set-header x-request-id %[unique-id]
  http-response set-header ${EDITS.answer.name} ${EDITS.answer.value}
  http-response set-header ${EDITS.also.name} ${EDITS.also.value}
  http-response del-header ${EDITS.removed}
`
    : '';
  return `global
  nbthread ${workers}
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend public
  bind 127.0.0.1:${port}${protocol === 'h2c' ? ' proto h2' : ''}
${five ? '  unique-id-format %[uuid]\n' : ''}  http-request set-var(txn.origin) req.hdr(origin)
  acl allowed var(txn.origin) -m reg ^${CORS.pattern.replaceAll('\\', '\\\\').replaceAll('\\\\d', '[0-9]')}$
  acl preflight method OPTIONS
  acl asks req.hdr(access-control-request-method) -m found
  http-request return status 204 hdr access-control-allow-origin %[var(txn.origin)] hdr vary Origin hdr access-control-allow-methods "${CORS.methods.join(', ')}" hdr access-control-allow-headers "${CORS.headers.join(', ')}" hdr access-control-max-age ${CORS.maxAge} if preflight asks allowed
  http-request return status 204 hdr vary Origin if preflight asks { var(txn.origin) -m found }
${strict}  http-request set-var(txn.allowed) bool(true) if allowed
${routes === 0 ? '' : '  http-request deny deny_status 404 unless { path_beg -f routes.lst }\n'}${edits}  http-response set-header access-control-allow-origin %[var(txn.origin)] if { var(txn.allowed) -m bool }
  http-response add-header vary Origin
  default_backend up
backend up
  server one 127.0.0.1:${upstream}
`;
}

/** The routes of a site, one prefix a line. */
export function haproxyRoutes(site: Site): string {
  return routeNumbers(site)
    .map((number) => `/shop/items-${number}/\n`)
    .join('');
}
