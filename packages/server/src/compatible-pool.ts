// Loaded with the first document that has an upstream of the compatible lane: most gateways never have one.
import type { LookupFunction } from 'node:net';
import type { CheckedUpstream, Target } from '@postern/model';
import { Pool } from 'undici';
import type { DialTls } from './wire/upstream-dial.ts';

/** What a pool of the compatible lane is made of. */
export interface CompatiblePoolOptions {
  readonly upstream: Extract<CheckedUpstream, { kind: 'targets' }>;
  readonly target: Target;
  readonly tls: DialTls;
  readonly lookup: LookupFunction | undefined;
  readonly connections: number;
}

/** The origin comes from the document alone; nothing of a request is ever part of a URL that is parsed. */
export function makeCompatiblePool({ upstream, target, tls, lookup, connections }: CompatiblePoolOptions): Pool {
  const { timeouts } = upstream;
  const { host, port, scheme } = target;
  return new Pool(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`, {
    connections,
    pipelining: 1,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.idle,
    allowH2: upstream.protocol === 'http2',
    ...(target.kind === 'unix' ? { socketPath: target.socket } : {}),
    connect: {
      timeout: timeouts.connect,
      // reply-from's default is the opposite: it never verifies an upstream's certificate.
      rejectUnauthorized: true,
      // Without TLS there is no ALPN to agree by: prior knowledge (RFC 9113 section 3.3).
      ...(upstream.protocol === 'http2' && scheme === 'http' ? { useH2c: true } : {}),
      ...tls,
      ...(lookup === undefined ? {} : { lookup }),
    },
  });
}
