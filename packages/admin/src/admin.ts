import type { AddressInfo } from 'node:net';
import type { AdminAddress, Cell, ControlStatus } from '@postern/model';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { DECISIONS, NO_DECISION, decisionId, readFilter } from './decisions.ts';
import { guard } from './guard.ts';
import { isLoopback } from './host.ts';
import { sendProblem } from './problem.ts';
import { controlMetrics, statusReport } from './status.ts';
import type { AdminNode } from './status.ts';

/** What the admin port shows, and where. */
export interface AdminOptions {
  readonly address: AdminAddress;
  readonly cell: Cell;
  readonly control: () => ControlStatus;
  readonly node: AdminNode;
  readonly log: { error(record: Readonly<Record<string, unknown>>, message: string): void };
}

/** A listening admin port. */
export interface Admin {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 32;

const PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics', '/api/v1/status', DECISIONS]);

const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/**
 * Starts the admin port on its own Fastify instance. Throws when the address is in use, or reachable from outside without
 * a token (a checked document cannot ask for that).
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { address } = options;
  if (!isLoopback(address.host) && address.token === undefined)
    throw new Error(`the admin port refuses to listen on ${address.host} without a token: set server.admin.token`);
  const app = fastify({
    // The default waits for idle keep-alive sockets.
    forceCloseConnections: true,
    schemaController: NO_SCHEMAS,
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5_000,
    // What is asked ahead of answers that nobody reads is kept: never more than this.
    maxRequestsPerSocket: 100,
    // Node looks every 30 s only, unless it is told.
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    // The router sees known paths only: nothing is decoded, and no answer of Fastify's own to an odd one comes first.
    rewriteUrl: ({ url = '/' }) => routed(url),
  });
  // Of the files that a process may have open some are kept for the admin port: no more connections than that.
  app.server.maxConnections = MOST_CONNECTIONS;
  // Whoever only keeps a connection for later makes room for the next who asks.
  app.server.on('drop', () => app.server.closeIdleConnections());
  addGuard(app, address);
  addRoutes(app, options);
  app.setErrorHandler((error, _request, reply) => {
    options.log.error({ err: error }, 'the admin port failed to answer');
    const detail = 'The log of the gateway says why.';
    return sendProblem(reply, { status: 500, code: 'admin/failed', title: 'Internal Server Error', detail });
  });
  await app.listen({ host: address.host, port: address.port });
  return { host: address.host, port: portOf(app.server.address()), close: () => app.close() };
}

/** No route has a schema: what Fastify would compile one with, a hundred files of Ajv, need not be loaded. */
const NO_SCHEMAS = {
  compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler },
};

function noCompiler(): never {
  throw new Error('a route has a schema');
}

function addGuard(app: FastifyInstance, address: AdminAddress): void {
  const check = guard(address, (path) => PATHS.has(path) || decisionId(path) !== undefined);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SAFE_HEADERS);
    const path = pathOf(request.originalUrl);
    const { host, authorization } = request.headers;
    const problem = check({ method: request.method, path, host, authorization });
    if (problem === undefined) return undefined;
    // Its body was not read and never will be.
    if (request.method !== 'GET' && request.method !== 'HEAD') reply.header('connection', 'close');
    return sendProblem(reply, problem);
  });
}

function addRoutes(app: FastifyInstance, { cell, control, node }: AdminOptions): void {
  app.get('/livez', async () => ({ status: 'live' }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, shedding } = cell.status();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', shedding });
  });
  app.get('/metrics', async (_request, reply) => {
    const text = `${(await cell.metrics()).trimEnd()}\n${controlMetrics(control())}`;
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  app.get('/api/v1/status', async () => statusReport(node, cell, control()));
  app.get(DECISIONS, async (request, reply) => {
    const filter = readFilter(queryOf(request.originalUrl));
    return 'title' in filter ? sendProblem(reply, filter) : reply.send(await cell.decisions(filter));
  });
  app.get(ONE_DECISION, async (request, reply) => {
    const decision = await cell.decision(decisionId(pathOf(request.originalUrl)) ?? '');
    return decision === undefined ? sendProblem(reply, NO_DECISION) : reply.send(decision);
  });
}

/** The path that Fastify's router sees: an id is read by `decisionId` alone. */
function routed(url: string): string {
  const path = pathOf(url);
  if (PATHS.has(path)) return url;
  return decisionId(path) === undefined ? '/' : ONE_DECISION;
}

const ONE_DECISION = '/decision';

function queryOf(url: string): string {
  return url.slice(pathOf(url).length + 1);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
