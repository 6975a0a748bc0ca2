export { CertificateUnusable } from './certificate.ts';
export { startServer } from './server.ts';
export type { GatewayServer, ServerOptions } from './server.ts';
export { clientOf } from './trust.ts';
