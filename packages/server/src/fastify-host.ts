import type { FastifyServerOptions } from 'fastify';

/** How Fastify hosts us: it sees no URL, logs nothing, and closes nothing on its own. */
export const HOST_OPTIONS: Omit<FastifyServerOptions, 'serverFactory'> = {
  rewriteUrl: () => '/',
  logger: false,
  // Closing is ours: the drain waits for exchanges, not for Fastify's idea of them.
  forceCloseConnections: false,
  return503OnClosing: false,
  // No route has a schema: what Fastify would compile one with, a hundred files of Ajv, need not be loaded.
  schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
};

function noCompiler(): never {
  throw new Error('a route has a schema');
}
