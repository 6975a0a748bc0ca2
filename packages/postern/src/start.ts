import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startAdmin } from '@postern/admin';
import type { Admin } from '@postern/admin';
import { check, follow, warmUp } from '@postern/control';
import type { Control, Variables } from '@postern/control';
import type {
  Cell,
  CheckedDocument,
  ControlStatus,
  Issue,
  Log,
  Plugin,
  ServerSection,
  Source,
  SourceText,
} from '@postern/model';
import { formatIssue } from '@postern/model';
import { CertificateUnusable, startServer } from '@postern/server';
import { watchFiles } from '@postern/source-file';
import type { Times } from '@postern/source-nats';
import { assignSockets } from './activation.ts';
import type { InheritedSocket } from './activation.ts';
import { liveDiffers } from './live-part.ts';
import { peek } from './peek.ts';
import { builtinPlugins, loadPlugins } from './plugins.ts';
import type { LoadedPlugins } from './plugins.ts';
import { version } from './version.ts';
import { startWorkers } from './workers/start-workers.ts';
import type { DataPlaneServer } from './workers/start-workers.ts';
import { ListenerRefused } from './workers/workers-cell.ts';

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly source: Source;
  /** Plugins at hand; `server.plugins` of the first document adds to them. */
  readonly plugins: readonly Plugin[];
  readonly log: Log;
  /** What `${env:}` reads; default: the environment of the process. */
  readonly environment?: Variables;
  /** False starts no admin port. Default true. */
  readonly admin?: boolean;
  /** Name of this node on the bus; default: host name and process id. */
  readonly node?: string;
  /** Listening sockets that the process was started with; listeners take them in place of their addresses. */
  readonly sockets?: readonly InheritedSocket[];
  /** Called before workers are started: they write to the standard output of this process. */
  onWorkers?(): void;
  /** Waits of the bus, for tests. */
  readonly times?: Partial<Times>;
}

/** A running gateway. Nothing of it is global: several can live in one process. */
export interface Gateway {
  readonly listeners: DataPlaneServer['listeners'];
  readonly admin: { readonly host: string; readonly port: number } | undefined;
  readonly cell: Cell;
  control(): ControlStatus;
  /** Takes no new work, waits for exchanges in flight as long as the server section allows. */
  drain(): Promise<void>;
  /** Ends everything at once; `cause`: the error that makes it end, which a source may remember against what serves. */
  close(cause?: Error): Promise<void>;
}

/** Why a gateway did not start: its first document was refused. */
export class DocumentRefused extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issues.map(formatIssue).join('\n'));
    this.name = 'DocumentRefused';
    this.issues = issues;
  }
}

/** Milliseconds that a start waits for the first document from the bus: it listens already, and answers 503. */
const LONGEST_START = 3000;

/**
 * Starts a gateway on the first document of a source and follows the source from then on. That document's server
 * section decides listeners, admin port, third-party plugins, and whether the documents come from the bus instead: then
 * it starts without one, and serves what the bus, the last good file or the live part of the file gives. Rejects with `DocumentRefused`, or with what the
 * network says (an address in use); nothing is left running then.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const opened = new Opened(options);
  try {
    const { source, server } = await opened.sourceOf(options.source);
    const followed = await follow({
      source,
      server,
      log: options.log,
      check: (text) => opened.check(text),
      start: (section, status) => opened.start(section, status),
    });
    if (followed.kind === 'refused') throw new DocumentRefused(followed.issues);
    await Promise.race([followed.control.settled, delay(LONGEST_START, undefined, { ref: false })]);
    opened.getReady();
    return opened.gateway(followed.control);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What has been opened so far, in the order in which a start opens it. */
class Opened {
  readonly #options: GatewayOptions;
  readonly #variables: Variables;
  #plugins: LoadedPlugins | undefined;
  /** While the start lasts. By its very bytes: no other text passes for it. */
  #first: { readonly text: SourceText['text']; readonly checked: Awaited<ReturnType<typeof check>> } | undefined;
  #started = false;
  #checked: CheckedDocument | undefined;
  #bus: { readonly server: ServerSection; readonly file: SourceText; compared: boolean } | undefined;
  #server: DataPlaneServer | undefined;
  /** The document that named the plugins. */
  #origin = '';
  #admin: Admin | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#variables = options.environment ?? process.env;
  }

  /** The source to follow: the given one, or the bus that its first document names. */
  async sourceOf(given: Source): Promise<{ readonly source: Source; readonly server: ServerSection | undefined }> {
    const { first, source, close } = await peek(given);
    if (first?.kind !== 'text') return { source, server: undefined };
    const checked = await this.check(first);
    const server = checked.kind === 'accepted' ? checked.value.server : undefined;
    if (server?.nats === undefined) return { source, server: undefined };
    close();
    const { log, node, times } = this.#options;
    this.#bus = { server, file: first, compared: false };
    // A gateway on a file has no use for a client of NATS.
    const { busSource } = await import('./bus-source.ts');
    return { source: busSource({ section: server.nats, file: first, log, node, times }), server };
  }

  /** Stage 1. The first text loads its third-party plugins; no later one, and none from the bus, ever loads code. */
  async check(text: SourceText): ReturnType<typeof check> {
    // The start has checked it before it knew what to follow.
    if (text.text === this.#first?.text) return this.#first.checked;
    const settings = { variables: this.#variables, unresolved: 'error' } as const;
    const loaded = this.#plugins ?? (await loadPlugins(text, this.#options.plugins, settings));
    if (loaded.kind === 'refused') return loaded;
    if (this.#plugins === undefined) this.#origin = text.origin;
    this.#plugins = loaded;
    this.#compare(text);
    const checked = await check(
      text,
      { plugins: [...loaded.plugins.values()], ...settings, server: this.#bus?.server },
      this.#checked,
    );
    if (!this.#started) this.#first ??= { text: text.text, checked };
    if (checked.kind === 'accepted') this.#checked = checked.value;
    return checked;
  }

  /** After the start, which is in more of a hurry: the bus may bring a long document at any moment. */
  getReady(): void {
    this.#started = true;
    this.#first = undefined;
    if (this.#bus === undefined || this.#plugins?.kind !== 'loaded') return;
    const { plugins } = this.#plugins;
    void warmUp({
      plugins: [...plugins.values()],
      variables: {},
      unresolved: 'error',
      server: this.#bus.server,
    });
  }

  #compare(text: SourceText): void {
    if (this.#bus === undefined || this.#bus.compared) return;
    const { file } = this.#bus;
    this.#bus.compared = true;
    if (!liveDiffers(file, text)) return;
    this.#options.log.warn(
      { origin: text.origin, file: file.origin },
      `${text.origin} comes before ${file.origin}, whose live part differs and is not used`,
    );
  }

  async start(section: ServerSection, control: () => ControlStatus): Promise<Cell> {
    const { log } = this.#options;
    const server = await this.#startServer(section).catch((error: unknown) => {
      const isIssue = error instanceof CertificateUnusable || error instanceof ListenerRefused;
      throw isIssue ? new DocumentRefused([error.issue]) : error;
    });
    this.#server = server;
    if (this.#options.admin !== false) {
      const { admin: address, name } = section;
      this.#admin = await startAdmin({ address, cell: server.cell, control, node: { name, version }, log });
    }
    return server.cell;
  }

  /** In this process, or in several. */
  async #startServer(section: ServerSection): Promise<DataPlaneServer> {
    const { log } = this.#options;
    const count = section.workers === 'auto' ? availableParallelism() : section.workers;
    const inherited = assignSockets(section.listeners, this.#options.sockets ?? []);
    if (count === 1) {
      const plugins = this.#plugins?.kind === 'loaded' ? this.#plugins.plugins : new Map<string, Plugin>();
      return startServer({ section, plugins, log, watchFiles, sockets: inherited });
    }
    if (!this.#options.plugins.every((plugin) => builtinPlugins.includes(plugin)))
      throw new Error('workers load plugins by their names: put them under server.plugins, or set server.workers to 1');
    this.#options.onWorkers?.();
    return startWorkers({ section, count, origin: this.#origin, log, inherited });
  }

  gateway(control: Control): Gateway {
    const server = this.#server;
    if (server === undefined) throw new Error('a followed source without a server');
    return {
      listeners: server.listeners,
      admin: this.#admin,
      cell: server.cell,
      control: () => control.status(),
      drain: () => server.drain(),
      close: async (cause) => {
        await control.close(cause);
        await this.close();
      },
    };
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#admin?.close();
  }
}
