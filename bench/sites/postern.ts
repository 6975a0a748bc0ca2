import { CORS, EDITS, routeNumbers } from '../core/site.ts';
import type { Site } from '../core/site.ts';

/**
 * The policies of the site `five`. The target speaks of cors, request-id, headers, key-auth and rate-limit: the last two are
 * not there yet, and two more `headers` stand in for them. To swap them in, change this list and `five` of the peers.
 */
const FIVE: Readonly<Record<string, string>> = {
  web: '',
  id: 'plugin: request-id',
  upstream: `plugin: headers, config: { request: { set: { ${EDITS.upstream.name}: ${EDITS.upstream.value} } } }`,
  answer: `plugin: headers, config: { response: { set: { ${EDITS.answer.name}: ${EDITS.answer.value} }, remove: [${EDITS.removed}] } }`,
  also: `plugin: headers, config: { response: { set: { ${EDITS.also.name}: ${EDITS.also.value} } } }`,
};

/** The `gateway.yaml` of a site. */
export function posternDocument(site: Site): string {
  const { port, upstream, protocol, policies, workers, keep } = site;
  const names = policies === 'five' ? Object.keys(FIVE) : ['web'];
  const workersLine = workers === 1 ? '' : `  workers: ${workers}\n`;
  const keepLine = keep === undefined ? '' : `  decisions: { keep: ${keep} }\n`;
  const others = names.filter((name) => name !== 'web').map((name) => `  - { name: ${name}, ${FIVE[name]} }\n`);
  const routes = routeNumbers(site).map(
    (number) => `      - { name: items-${number}, path: "/items-${number}/{id}" }\n`,
  );
  return `server:
  listen: [{ name: public, address: 127.0.0.1:${port}, protocol: ${protocol} }]
  admin: { address: 127.0.0.1:0 }
${workersLine}${keepLine}upstreams: [{ name: up, targets: [http://127.0.0.1:${upstream}] }]
policies:
  - name: web
    plugin: cors
    config:
      allowOrigins: ['~${CORS.pattern}']
      allowMethods: [${CORS.methods.join(', ')}]
      allowHeaders: [${CORS.headers.join(', ')}]
      maxAge: ${CORS.maxAge}
      enforcement: ${policies === 'strict' ? 'strict' : 'browser'}
${others.join('')}apiGroups:
  - name: shop
    basePath: /shop
    upstream: up
    policies: [${names.join(', ')}]
${routes.length === 0 ? '' : `    routes:\n${routes.join('')}`}`;
}
