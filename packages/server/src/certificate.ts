import { readFileSync } from 'node:fs';
import type { Server } from 'node:tls';
import type { Issue, Listener, Log } from '@postern/model';

/** Calls `changed` when one of the files has other content; returns how to stop. */
export type WatchFiles = (paths: readonly string[], changed: () => void) => () => void;

/** Certificate chain and private key, PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads the files of an https listener; undefined for listeners without. */
export function readCertificate({ tls }: Listener): KeyPair | undefined {
  return tls === undefined ? undefined : { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
}

/** Why an https listener cannot open: its certificate or key is not there, or is none. */
export class CertificateUnusable extends Error {
  readonly issue: Issue;

  constructor({ name, place, tls }: Listener, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`listener ${name}: ${reason}`, { cause });
    this.issue = {
      severity: 'error',
      code: 'server/tls-unreadable',
      message: `server.listen.${name}.tls: ${reason} (cert ${tls?.cert}, key ${tls?.key})`,
      ...place,
      pointer: '/server/listen',
      fix: 'check that both files exist, hold a PEM certificate and its key, and may be read by the gateway',
    };
  }
}

/** A new certificate serves new connections; one that cannot be read leaves the old in place and is logged. */
export class Certificate {
  readonly #listener: Listener;
  readonly #log: Log;
  #server: Server | undefined = undefined;
  /** Watched from before the first read on: a change in between is seen, not missed. */
  readonly close: () => void;

  constructor(options: { readonly listener: Listener; readonly log: Log; readonly watchFiles: WatchFiles }) {
    this.#listener = options.listener;
    this.#log = options.log;
    const { tls } = options.listener;
    this.close = tls === undefined ? () => undefined : options.watchFiles([tls.cert, tls.key], () => this.#reread());
  }

  serveOn(server: Server): void {
    this.#server = server;
  }

  #reread(): void {
    const listener = this.#listener;
    try {
      this.#server?.setSecureContext(readCertificate(listener) ?? {});
      this.#log.info({ listener: listener.name, cert: listener.tls?.cert }, 'the certificate was re-read');
    } catch (error) {
      this.#log.error(
        { listener: listener.name, cert: listener.tls?.cert, err: error },
        'the new certificate cannot be used; the old one stays',
      );
    }
  }
}
