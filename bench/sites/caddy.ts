import { CORS, EDITS, routeNumbers } from '../core/site.ts';
import type { Site } from '../core/site.ts';

/** The Caddyfile of a site. */
export function caddyConfiguration(site: Site): string {
  const { port, upstream, protocol, policies } = site;
  const proxy = (edits: string): string => `reverse_proxy 127.0.0.1:${upstream} {
${edits}      transport http {
        keepalive_idle_conns_per_host 256
      }
    }
`;
  const edits =
    policies === 'five'
      ? `      header_up X-Request-Id {http.request.uuid}
      header_up ${EDITS.upstream.name} ${EDITS.upstream.value}
      header_down -${EDITS.removed}
`
      : '';
  const answer =
    policies === 'five'
      ? `  header X-Request-Id {http.request.uuid}
  header ${EDITS.answer.name} ${EDITS.answer.value}
  header ${EDITS.also.name} ${EDITS.also.value}
`
      : '';
  const strict =
    policies === 'strict'
      ? `  @stranger {
    header Origin *
    not header_regexp Origin ^${CORS.pattern}$
  }
  handle @stranger {
    header Content-Type application/problem+json
    respond \`{"status":403,"title":"Forbidden","code":"origin-not-allowed"}\` 403
  }
`
      : '';
  const routes = routeNumbers(site).map((number) => `  handle /shop/items-${number}/* {\n    ${proxy('')}  }\n`);
  return `{
  admin off
  auto_https off
  log {
    level ERROR
  }
  servers {
    protocols h1${protocol === 'h2c' ? ' h2c' : ''}
  }
}
http://:${port} {
  bind 127.0.0.1
  @allowed header_regexp Origin ^${CORS.pattern}$
  @preflight {
    method OPTIONS
    header Origin *
    header Access-Control-Request-Method *
  }
  header @allowed Access-Control-Allow-Origin {http.request.header.Origin}
  header Vary Origin
${answer}  handle @preflight {
    header Access-Control-Allow-Methods "${CORS.methods.join(', ')}"
    header Access-Control-Allow-Headers "${CORS.headers.join(', ')}"
    header Access-Control-Max-Age ${CORS.maxAge}
    respond 204
  }
${strict}${routes.length > 0 ? routes.join('') : `  handle /shop/* {\n    ${proxy(edits)}  }\n`}  handle {
    respond 404
  }
}
`;
}
