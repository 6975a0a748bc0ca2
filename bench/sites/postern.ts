import { digestOf } from '@postern/plugin-key-auth';
import { CORS, EDITS, KEY, routeNumbers } from '../core/site.ts';
import type { Site } from '../core/site.ts';

/** The policies of the site `five`, in run order. */
const FIVE: Readonly<Record<string, string>> = {
  web: '',
  id: 'plugin: request-id',
  keys: 'plugin: key-auth',
  limit: 'plugin: rate-limit, config: { limit: 1000000000, window: 1m, by: consumer }',
  edits: `plugin: headers, config: { request: { set: { ${EDITS.upstream.name}: ${EDITS.upstream.value} } }, response: { set: { ${EDITS.answer.name}: ${EDITS.answer.value}, ${EDITS.also.name}: ${EDITS.also.value} }, remove: [${EDITS.removed}] } }`,
};

const CONSUMERS = `consumers: [{ name: bench, credentials: { key-auth: [{ key: "${digestOf(KEY)}" }] } }]\n`;

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
${others.join('')}${policies === 'five' ? CONSUMERS : ''}apiGroups:
  - name: shop
    basePath: /shop
    upstream: up
    policies: [${names.join(', ')}]
${routes.length === 0 ? '' : `    routes:\n${routes.join('')}`}`;
}
