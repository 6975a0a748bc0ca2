import type { Place } from './issue.ts';

/** Files for TLS towards an upstream; all optional. Certificates of the upstream are always verified. */
export interface UpstreamTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** One address of an upstream, already taken apart: never joined by a URL parser with anything a client sent. */
export interface Target {
  readonly kind: 'tcp' | 'unix';
  readonly scheme: 'http' | 'https';
  /** Host name or IP literal (IPv6 without brackets); for a unix socket `localhost`. */
  readonly host: string;
  readonly port: number;
  /** Path that is put in front of the request's; `` or `/a/b`, without a trailing slash. */
  readonly path: string;
  /** Path of the unix socket; empty for TCP. */
  readonly socket: string;
}

/** Milliseconds that an upstream may take. */
export interface UpstreamTimeouts {
  readonly connect: number;
  readonly headers: number;
  readonly idle: number;
}

/** Milliseconds that a web socket may stay. */
export interface TunnelTimes {
  /** Without a byte either way. */
  readonly idle: number;
  /** From its handshake on. */
  readonly lifetime: number;
}

/** A named backend. */
export type CheckedUpstream =
  | { readonly kind: 'echo'; readonly name: string; readonly place: Place }
  | {
      readonly kind: 'targets';
      readonly name: string;
      readonly targets: readonly Target[];
      readonly protocol: 'http1' | 'http2';
      readonly preserveHost: boolean;
      readonly timeouts: UpstreamTimeouts;
      readonly webSocket: TunnelTimes;
      readonly tls: UpstreamTls;
      /** To each target, of a process. */
      readonly maxConnections: number;
      /** Requests that wait for a connection to one target, of a process. */
      readonly maxQueue: number;
      readonly place: Place;
    };
