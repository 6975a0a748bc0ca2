import module from 'node:module';
import { fileSource } from '@postern/source-file';
import closeWithGrace from 'close-with-grace';
import { inheritedSockets } from './activation.ts';
import { openLog, LEVELS } from './log.ts';
import type { ProgramLog } from './log.ts';
import { builtinPlugins } from './plugins.ts';
import { DocumentRefused, startGateway } from './start.ts';
import type { Gateway } from './start.ts';
import { complain, formatIssues, summary } from './terminal.ts';
import type { ExitCode } from './terminal.ts';
import { warnUnderFloor } from './version-floor.ts';
import { version } from './version.ts';

/** `postern run`: serves until SIGTERM or SIGINT, then drains. Resolves when it serves, or could not start. */
export async function runCommand(file: string): Promise<ExitCode> {
  const level = process.env['POSTERN_LOG_LEVEL'] || 'info';
  if (!LEVELS.some((known) => known === level)) {
    complain(`postern: POSTERN_LOG_LEVEL is ${JSON.stringify(level)}\n  fix: use one of ${LEVELS.join(', ')}`);
    return 2;
  }
  const log = openLog({ level, pretty: process.stdout.isTTY });
  try {
    const gateway = await startGateway({
      source: fileSource(file),
      plugins: builtinPlugins,
      log,
      sockets: inheritedSockets(process.env, process.pid),
      onWorkers: () => log.share(),
    });
    announce(gateway, log);
    warnUnderFloor(log);
    drainOnSignal(gateway, log);
    keepCompiled();
    return 0;
  } catch (error) {
    log.flush();
    complain(whyNot(error, file));
    return 1;
  }
}

/**
 * Node keeps what it compiled when a process ends by itself. Whoever is killed, or runs for months while others start, leaves
 * nothing that way. The first start on a machine writes for a tenth of a second, all later ones for a millisecond.
 */
function keepCompiled(): void {
  setTimeout(() => module.flushCompileCache?.(), SETTLED).unref();
}

/** Milliseconds after a start at which what it takes has been loaded. */
const SETTLED = 300;

function announce(gateway: Gateway, log: ProgramLog): void {
  const listeners = gateway.listeners.map(
    ({ name, protocol, host, port }) =>
      `${protocol === 'https' ? 'https' : 'http'}://${authority(host, port)} (${name})`,
  );
  const admin = gateway.admin && `http://${authority(gateway.admin.host, gateway.admin.port)}`;
  const { origin, via, refusal } = gateway.control();
  const { revision } = gateway.cell.status();
  const serving = `${origin} revision ${revision}${via === undefined ? '' : `, ${via},`}`;
  const nothing = `no document yet (${refusal?.issues[0]?.message ?? 'none came'}): requests are answered 503`;
  log.info(
    { version, listeners: gateway.listeners, admin: gateway.admin, origin, via, revision },
    `postern ${version} serves ${origin === undefined ? nothing : serving} on ${listeners.join(', ')}; admin ${admin}`,
  );
}

/**
 * A second signal ends the process at once, with exit code 1. An error that nobody caught ends it after the drain, with exit
 * code 1: what the process knows is in doubt, and whoever supervises it starts another. Further ones meanwhile change nothing:
 * a plugin that throws on each request would cut the answers of all others.
 */
function drainOnSignal(gateway: Gateway, log: ProgramLog): void {
  let error: Error | undefined;
  let draining = false;
  // The server section bounds the drain itself.
  const grace = closeWithGrace({ delay: false, logger: false, skip: [...ERRORS] }, async ({ signal }) => {
    draining = true;
    if (error === undefined) log.info({ signal }, `${signal} received: draining`);
    await gateway.drain();
    await gateway.close(error);
    log.info({}, 'drained');
    log.flush();
    // oxlint-disable-next-line unicorn/no-process-exit -- the end of the program, and what a plugin left open must not keep it
    if (error !== undefined) process.exit(1);
  });
  // Rejections that nobody handles come here as well.
  process.on('uncaughtException', (err) => {
    if (error !== undefined) return;
    error = err;
    log.error({ err }, 'an error that nobody caught: the gateway drains, and ends with exit code 1');
    if (!draining) grace.close();
  });
}

/** What close-with-grace would end the process by at the second time. */
const ERRORS = ['uncaughtException', 'unhandledRejection'] as const;

function whyNot(error: unknown, file: string): string {
  if (error instanceof DocumentRefused) return `${formatIssues(error.issues)}\n${summary(file, error.issues)}`;
  if (!(error instanceof Error)) return `postern: ${String(error)}`;
  const code = 'code' in error ? error.code : undefined;
  const wanted =
    'address' in error && 'port' in error ? authority(String(error.address), String(error.port)) : undefined;
  if (code === 'EADDRINUSE')
    return `postern: ${wanted} is in use\n  fix: end the program that listens there, or set another address in ${file}: server.listen for requests, server.admin.address for the admin port`;
  if (code === 'EADDRNOTAVAIL')
    return `postern: ${wanted} is no address of this machine\n  fix: change the address in ${file}`;
  if (code === 'EACCES' && wanted !== undefined)
    return `postern: listening on ${wanted} is not allowed\n  fix: use a port above 1023, or give the program the right to bind lower ones`;
  return `postern: ${error.message}`;
}

function authority(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
