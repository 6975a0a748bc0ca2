export { DocumentRefused, startGateway } from './start.ts';
export type { Gateway, GatewayOptions } from './start.ts';
export { builtinPlugins } from './plugins.ts';
export { openLog } from './log.ts';
export type { LogOptions, ProgramLog } from './log.ts';
export { version } from './version.ts';
