import type { Finding } from '@postern/kit';
import type { JwtConfig } from './config.ts';

/** What is allowed and most often not meant. */
export function remarks(config: JwtConfig): readonly Omit<Finding, 'severity'>[] {
  const found: Omit<Finding, 'severity'>[] = [];
  if (config.secret === undefined && config.audience === undefined) {
    found.push({
      code: 'jwt/any-audience',
      path: [],
      message: 'tokens that the issuer made for other services get in as well (RFC 8725 section 3.9)',
      fix: 'say audience: what this API is called in aud',
    });
  }
  if (config.jwksUri !== undefined && isPlainOutside(config.jwksUri)) {
    found.push({
      code: 'jwt/plain-keys',
      path: ['jwksUri'],
      message: 'the keys come over http: whoever is on the way can put keys of their own among them',
      fix: 'use https',
    });
  }
  return found;
}

function isPlainOutside(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
