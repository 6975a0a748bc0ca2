/** Who asked, as far as trusted proxies vouch for it. */
export interface Client {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Of a trusted `X-Forwarded-Host`; undefined: the request's own. */
  readonly host: string | undefined;
  /** `X-Forwarded-For` as it came, when a trusted proxy sent it. */
  readonly forwardedFor: string | undefined;
}
