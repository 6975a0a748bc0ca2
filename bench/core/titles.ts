/** What charts and pages call the peers. */
export const TITLES: Readonly<Record<string, string>> = {
  postern: 'Postern',
  nginx: 'nginx, 1 worker',
  haproxy: 'HAProxy, 1 thread',
  caddy: 'Caddy, GOMAXPROCS=1',
  fastify: 'Fastify http-proxy',
  'express-gateway': 'Express Gateway',
  undici: 'bare undici (a floor)',
};
