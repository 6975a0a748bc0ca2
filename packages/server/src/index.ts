export { CertificateUnusable } from './certificate.ts';
export { DecisionRing } from './decision-ring.ts';
export { Metrics } from './metrics.ts';
export { startServer } from './server.ts';
export type { GatewayServer, ServerOptions } from './server.ts';
export { AddressSet, clientOf, findClient } from './trust.ts';
