const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that are not for a claim: they frame the message, belong to one connection or name its host. */
const GATEWAY_OWNED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a lower-case name may stand in a header line. */
export function isHeaderName(name: string): boolean {
  return TOKEN.test(name);
}

/** Whether the gateway itself writes that header upstream: what it found out stands under `x-consumer-` and `x-postern-`. */
export function isGatewayOwned(name: string): boolean {
  return GATEWAY_OWNED.has(name) || name.startsWith('x-consumer-') || name.startsWith('x-postern-');
}
