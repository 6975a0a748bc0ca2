import { startAdmin } from '@postern/admin';
import type { Admin } from '@postern/admin';
import { check, follow } from '@postern/control';
import type { Control, Variables } from '@postern/control';
import type { Cell, CheckedDocument, ControlStatus, Issue, Log, Plugin, Source } from '@postern/model';
import { formatIssue } from '@postern/model';
import { CertificateUnusable, startServer } from '@postern/server';
import type { GatewayServer } from '@postern/server';
import { watchFiles } from '@postern/source-file';
import { loadPlugins } from './plugins.ts';
import type { LoadedPlugins } from './plugins.ts';
import { version } from './version.ts';

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
}

/** A running gateway. Nothing of it is global: several can live in one process. */
export interface Gateway {
  readonly listeners: GatewayServer['listeners'];
  readonly admin: { readonly host: string; readonly port: number } | undefined;
  readonly cell: Cell;
  control(): ControlStatus;
  /** Takes no new work, waits for exchanges in flight as long as the server section allows. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
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

/**
 * Starts a gateway on the first document of a source and follows the source from then on. That document's server
 * section decides listeners, admin port and third-party plugins. Rejects with `DocumentRefused`, or with what the
 * network says (an address in use); nothing is left running then.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const opened = new Opened(options);
  try {
    const followed = await follow({
      source: options.source,
      log: options.log,
      check: (text) => opened.check(text),
      start: (first, status) => opened.start(first, status),
    });
    if (followed.kind === 'refused') throw new DocumentRefused(followed.issues);
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
  #server: GatewayServer | undefined;
  #admin: Admin | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#variables = options.environment ?? process.env;
  }

  /** Stage 1. The first text loads its third-party plugins; no later one ever loads code. */
  async check(text: Parameters<typeof check>[0]): ReturnType<typeof check> {
    const settings = { variables: this.#variables, unresolved: 'error' } as const;
    const loaded = this.#plugins ?? (await loadPlugins(text, this.#options.plugins, settings));
    if (loaded.kind === 'refused') return loaded;
    this.#plugins = loaded;
    return check(text, { plugins: [...loaded.plugins.values()], ...settings });
  }

  async start(first: CheckedDocument, control: () => ControlStatus): Promise<Cell> {
    const { log } = this.#options;
    const plugins = this.#plugins?.kind === 'loaded' ? this.#plugins.plugins : new Map<string, Plugin>();
    const server = await startServer({ section: first.server, plugins, log, watchFiles }).catch((error: unknown) => {
      throw error instanceof CertificateUnusable ? new DocumentRefused([error.issue]) : error;
    });
    this.#server = server;
    if (this.#options.admin !== false) {
      const { admin: address, name } = first.server;
      this.#admin = await startAdmin({ address, cell: server.cell, control, node: { name, version }, log });
    }
    return server.cell;
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
      close: async () => {
        await control.close();
        await this.close();
      },
    };
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#admin?.close();
  }
}
