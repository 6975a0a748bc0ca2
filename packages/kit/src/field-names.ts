/** Why a header is not for a policy to edit. */
export interface RefusedField {
  readonly reason: 'cors-owned' | 'framing' | 'hop-by-hop' | 'host' | 'name' | 'reserved';
  readonly message: string;
  readonly fix: string;
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Whether a text is a token (RFC 9110 section 5.6.2): what names of headers, cookies and methods are. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect']);

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]);

/** With a hyphen or an underscore: upstreams in the manner of CGI read both as one (RFC 3875 section 4.1.18). */
const RESERVED = /^x[-_](?:consumer|postern)[-_]/;

/**
 * Says why the lower-case name of a header is not for a policy to set or remove in messages of that direction; undefined when it
 * is. Pure.
 */
export function refusedField(name: string, direction: 'request' | 'response'): RefusedField | undefined {
  if (direction === 'request' && name === 'host') {
    return {
      reason: 'host',
      message: 'Host says which upstream is asked and is not edited here',
      fix: 'use preserveHost on the group or the upstream',
    };
  }
  if (direction === 'response' && name.startsWith('access-control-')) {
    return {
      reason: 'cors-owned',
      message: `${name} belongs to CORS, and half of it is worse than none`,
      fix: 'use the cors plugin',
    };
  }
  return refusedEverywhere(name);
}

function refusedEverywhere(name: string): RefusedField | undefined {
  if (!TOKEN.test(name)) {
    return {
      reason: 'name',
      message: `${JSON.stringify(name)} is no header name`,
      fix: 'use letters, digits and hyphens',
    };
  }
  if (FRAMING.has(name)) {
    return {
      reason: 'framing',
      message: `${name} says where a message ends, and only the gateway knows that`,
      fix: 'take it out: the gateway writes it',
    };
  }
  if (HOP_BY_HOP.has(name)) {
    return {
      reason: 'hop-by-hop',
      message: `${name} is about one connection and never passes the gateway`,
      fix: 'take it out: the gateway has removed it already',
    };
  }
  if (RESERVED.test(name)) {
    return {
      reason: 'reserved',
      message: `${name} says what the gateway found out, and upstreams trust it`,
      fix: 'use another name: x-consumer-* and x-postern-* are names of the gateway itself',
    };
  }
  return undefined;
}

/** Whether a text may be the value of a header: visible characters, space, tab and the upper half of a byte (RFC 9110 section 5.5). */
export function isFieldValue(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false;
  }
  return true;
}
