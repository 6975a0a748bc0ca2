import { ANSWER, CORS, EDITS, routeNumbers } from '../core/site.ts';
import type { Site } from '../core/site.ts';

/** What nginx needs to run in a folder of its own, in the foreground, for both the peer and the upstream. */
function nginxFrame({ workers, http }: { readonly workers: number; readonly http: string }): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log error.log warn;
events { worker_connections 4096; }
http {
  access_log off;
${kinds.map((kind) => `  ${kind}_temp_path temp-${kind};\n`).join('')}  keepalive_requests 1000000000;
  client_max_body_size 16m;
${http}}
`;
}

/** The configuration of nginx for a site: one worker, streamed bodies, upstream connections kept alive. */
export function nginxConfiguration(site: Site): string {
  const { port, upstream, protocol, policies, workers } = site;
  const five = policies === 'five';
  const edits = five
    ? `    proxy_set_header X-Request-Id $request_id;
    proxy_set_header ${EDITS.upstream.name} ${EDITS.upstream.value};
    proxy_hide_header ${EDITS.removed};
    add_header X-Request-Id $request_id always;
    add_header ${EDITS.answer.name} ${EDITS.answer.value} always;
    add_header ${EDITS.also.name} ${EDITS.also.value} always;
`
    : '';
  const preflight = `      if ($preflight) {
        add_header Access-Control-Allow-Origin $allowed;
        add_header Vary Origin;
        add_header Access-Control-Allow-Methods "${CORS.methods.join(', ')}";
        add_header Access-Control-Allow-Headers "${CORS.headers.join(', ')}";
        add_header Access-Control-Max-Age ${CORS.maxAge};
        return 204;
      }
`;
  const strict =
    policies === 'strict'
      ? `      if ($stranger) {
        return 403 '{"status":403,"title":"Forbidden","code":"origin-not-allowed"}';
      }
`
      : '';
  const routes = routeNumbers(site).map((number) => `    location /shop/items-${number}/ { proxy_pass http://up; }\n`);
  const everything = `    location /shop/ {
${preflight}${strict}      proxy_pass http://up;
    }
`;
  return nginxFrame({
    workers,
    http: `  variables_hash_max_size 4096;
  upstream up { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000000; }
  map $http_origin $allowed { default ""; "~^${CORS.pattern}$" $http_origin; }
  map "$http_origin:$allowed" $stranger { default 0; "~^.+:$" 1; }
  map "$request_method:$http_origin:$http_access_control_request_method" $preflight { default 0; "~^OPTIONS:.+:[A-Z]" 1; }
  server {
    listen 127.0.0.1:${port}${protocol === 'h2c' ? ' http2' : ''} backlog=4096;
    default_type application/problem+json;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    add_header Access-Control-Allow-Origin $allowed always;
    add_header Vary Origin always;
${edits}${routes.length === 0 ? everything : routes.join('')}  }
`,
  });
}

/**
 * The upstream of all peers: 106 bytes of JSON for every path but these. `/shop/bytes-N` is a file; `/shop/sink` answers after
 * it has the whole body; `/shop/seen` tells which headers arrived.
 */
export function nginxUpstream(port: number): string {
  return nginxFrame({
    workers: 1,
    http: `  upstream self { server 127.0.0.1:${port}; keepalive 128; keepalive_requests 1000000000; }
  sendfile on;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    default_type application/json;
    location / { return 200 '${ANSWER}'; }
    location /shop/bytes- { root .; default_type application/octet-stream; add_header X-Powered-By upstream; }
    location = /shop/seen {
      add_header X-Powered-By upstream;
      return 200 '{"requestId":"$http_x_request_id","edge":"$http_x_edge"}';
    }
    location = /shop/sink {
      client_body_buffer_size 2m;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
      proxy_pass http://self/;
    }
  }
`,
  });
}
