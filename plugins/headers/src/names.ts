/** Why a header is not for this plugin to edit. */
export interface RefusedName {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

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

/** Checks the lower-case name of a header that a request is to leave with or without. */
export function requestNames(name: string): RefusedName | undefined {
  if (name === 'host') {
    return {
      code: 'headers/host',
      message: 'Host says which upstream is asked and is not edited here',
      fix: 'use preserveHost on the group or the upstream',
    };
  }
  return anyNames(name);
}

/** Checks the lower-case name of a header that a response is to leave with or without. */
export function responseNames(name: string): RefusedName | undefined {
  if (name.startsWith('access-control-')) {
    return {
      code: 'headers/cors-owned',
      message: `${name} belongs to CORS, and half of it is worse than none`,
      fix: 'use the cors plugin',
    };
  }
  return anyNames(name);
}

function anyNames(name: string): RefusedName | undefined {
  if (!TOKEN.test(name)) {
    return {
      code: 'headers/name',
      message: `${JSON.stringify(name)} is no header name`,
      fix: 'use letters, digits and hyphens',
    };
  }
  if (FRAMING.has(name)) {
    return {
      code: 'headers/framing',
      message: `${name} says where a message ends, and only the gateway knows that`,
      fix: 'take it out: the gateway writes it',
    };
  }
  if (HOP_BY_HOP.has(name)) {
    return {
      code: 'headers/hop-by-hop',
      message: `${name} is about one connection and never passes the gateway`,
      fix: 'take it out: the gateway has removed it already',
    };
  }
  return undefined;
}
