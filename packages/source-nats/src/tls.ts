import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { PeerCertificate } from 'node:tls';

/** Files for TLS, as the client takes them: it reads them anew at each connect. */
export interface TlsOptions {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly checkServerIdentity: typeof checkServerIdentity;
}

/**
 * What TLS towards these servers takes; undefined when it is up to the server. With any file given, or one server named by
 * `tls://`, a server that speaks no TLS is refused: whoever sits between could else take it off unseen. Pure.
 */
export function tlsOptions({
  servers,
  tls,
}: {
  readonly servers: readonly string[];
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}): TlsOptions | undefined {
  if (tls === undefined && !servers.some((server) => server.startsWith('tls://'))) return undefined;
  const { ca, cert, key } = tls ?? {};
  return {
    ...(ca && { caFile: ca }),
    ...(cert && { certFile: cert }),
    ...(key && { keyFile: key }),
    checkServerIdentity: checkFor(servers.map(hostOf)),
  };
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).hostname.replace(/^\[|\]$/g, '') : server;
}

/** The client names no server that it knows by address only, and Node then looks for `localhost` in the certificate. */
function checkFor(hosts: readonly string[]): typeof checkServerIdentity {
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (host: string, certificate: PeerCertificate) => {
    const unnamed = host === 'localhost' && !hosts.includes(host) && addresses.length > 0;
    const answers = (unnamed ? addresses : [host]).map((one) => checkServerIdentity(one, certificate));
    return answers.includes(undefined) ? undefined : answers[0];
  };
}
