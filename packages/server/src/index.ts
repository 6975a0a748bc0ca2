export { NOTHING_COUNTED, addMetrics, aggregateMetrics } from './aggregate.ts';
export type { CountedMetrics } from './aggregate.ts';
export type { Prepared, PreparingCell } from './cell.ts';
export { CertificateUnusable } from './listener.ts';
export type { ListenerSocket } from './listener.ts';
export { runningPolicies } from './running-policies.ts';
export { makeServer, startServer } from './server.ts';
export type { ClosedServer, GatewayServer, ServerOptions } from './server.ts';
export { clientOf } from './trust.ts';
