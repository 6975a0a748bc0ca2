import type { Place } from './issue.ts';
import type { Requirement } from './requirement.ts';

/** Certificate and key files of a listener; re-read when they change. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
}

/** One address that takes requests. `https` speaks HTTP/2 and HTTP/1.1 (ALPN), `h2c` HTTP/2 with prior knowledge. */
export interface Listener {
  readonly name: string;
  /** Host name or IP literal (IPv6 without brackets); empty: all interfaces. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'http' | 'https' | 'h2c';
  readonly tls: ListenerTls | undefined;
  readonly place: Place;
}

/** Bytes, counts and milliseconds that bound what a client may ask of the server. */
export interface Limits {
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly urlBytes: number;
  readonly bodyBytes: number;
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly idleTimeout: number;
  /** Of a process, over all its listeners. */
  readonly maxConnections: number;
  /** Of one connection of HTTP/2, at one time. */
  readonly maxStreams: number;
  /** Streams of one connection of HTTP/2 that end in a reset within ten seconds, whoever makes it. */
  readonly maxResets: number;
}

/** From when on a process takes less, and then nothing new, so as not to die. */
export interface SheddingSection {
  /** Share of its memory in use, from 0 to 1: connections are asked to end. */
  readonly closeAt: number;
  /** The same: new requests are answered 503. */
  readonly refuseAt: number;
  /** Milliseconds of work of its own that hold its event loop up: connections are asked to end; at twice that, 503. */
  readonly eventLoopDelay: number;
}

/** The address of the admin port; without a token it listens on loopback only. */
export interface AdminAddress {
  /** As in a listener. */
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
}

/** A NATS bucket that documents come from; `config.<key>` holds them. Paths are relative to the working directory. */
export interface NatsSection {
  readonly servers: readonly string[];
  readonly bucket: string;
  readonly key: string;
  readonly lastGood: string;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
  readonly credentials: string | undefined;
  readonly nkey: string | undefined;
  readonly token: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly inboxPrefix: string | undefined;
  /** Public keys as written; empty: unsigned documents count. */
  readonly trustedKeys: readonly string[];
}

/** Which exchanges are kept for decisions after the fact: all refusals, and a share of the rest. */
export interface DecisionsKept {
  /** How many, the newest; 0: none. */
  readonly keep: number;
  /** From 0 to 1. */
  readonly sample: number;
}

/** What a document from the bus may name in references: names and patterns with `*`. */
export interface Secrets {
  readonly env: readonly string[];
  readonly files: readonly string[];
}

/** What metrics show beside the names of things. */
export interface MetricsSection {
  /** Labels of policies that metrics of policies carry. */
  readonly policyLabels: readonly string[];
  readonly place: Place;
}

/** The part of a document read once at start; a later change needs a restart. */
export interface ServerSection {
  readonly name: string;
  readonly listeners: readonly Listener[];
  /** Processes that serve; `auto`: one for each core that the process may use. */
  readonly workers: number | 'auto';
  /** Bytes of memory above which another process takes a worker's place; undefined: when its heap is nearly full. */
  readonly workerMemory: number | undefined;
  /** CIDRs whose `X-Forwarded-*` and `Forwarded` are believed. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly shedding: SheddingSection;
  readonly admin: AdminAddress;
  readonly metrics: MetricsSection;
  /** Package names or paths of third-party plugins. */
  readonly plugins: readonly string[];
  readonly secrets: Secrets;
  /** Invariants that no document from the bus can change. */
  readonly require: readonly Requirement[];
  readonly decisions: DecisionsKept;
  /** Undefined: documents come from the file. */
  readonly nats: NatsSection | undefined;
  /** CIDRs that no upstream may be reached at. */
  readonly denyTargets: readonly string[];
  /** Milliseconds that requests in flight get to end after SIGTERM or SIGINT. */
  readonly drainTimeout: number;
  /** Canonical JSON of the section: tells whether a reload changed it. */
  readonly key: string;
}
