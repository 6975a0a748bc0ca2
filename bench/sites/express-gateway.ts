import { CORS, EDITS } from '../core/site.ts';
import type { Site } from '../core/site.ts';

/** The gateway.config.yml of a site. */
export function expressGatewayConfiguration({ port, upstream, policies }: Site): string {
  const five = policies === 'five';
  const edits = five
    ? `      - request-transformer:
          - action: { headers: { add: { x-request-id: "egContext.requestID", ${EDITS.upstream.name}: "'${EDITS.upstream.value}'" } } }
      - response-transformer:
          - action: { headers: { add: { x-request-id: "egContext.requestID", ${EDITS.answer.name}: "'${EDITS.answer.value}'", ${EDITS.also.name}: "'${EDITS.also.value}'" }, remove: [${EDITS.removed}] } }
`
    : '';
  return `http: { port: ${port}, hostname: 127.0.0.1 }
apiEndpoints: { shop: { host: '*', paths: ['/shop/*'] } }
serviceEndpoints: { up: { url: 'http://127.0.0.1:${upstream}' } }
policies: [cors, proxy, request-transformer, response-transformer]
pipelines:
  shop:
    apiEndpoints: [shop]
    policies:
      - cors:
          - action:
              origin: [!!js/regexp '/^${CORS.pattern.replaceAll('/', String.raw`\/`)}$/']
              methods: [${CORS.methods.join(', ')}]
              allowedHeaders: [${CORS.headers.join(', ')}]
              maxAge: ${CORS.maxAge}
${edits}      - proxy:
          - action: { serviceEndpoint: up }
`;
}

/** Its system.config.yml: no Redis. */
export const EXPRESS_GATEWAY_SYSTEM = `db: { redis: { emulate: true, namespace: EG } }
crypto: { cipherKey: sensitiveKey, algorithm: aes256, saltRounds: 10 }
session: { secret: keyboard cat, resave: false, saveUninitialized: false }
accessTokens: { timeToExpiry: 7200000 }
refreshTokens: { timeToExpiry: 7200000 }
authorizationCodes: { timeToExpiry: 300000 }
`;
