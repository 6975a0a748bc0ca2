export { DecisionRing } from './decision-ring.ts';
export { CertificateUnusable } from './listener.ts';
export { Metrics } from './metrics.ts';
export { startServer } from './server.ts';
export type { GatewayServer, ServerOptions } from './server.ts';
export { AddressSet, clientOf, findClient } from './trust.ts';
