/** What a peer is to serve for a case. Each peer turns the same site into a configuration of its own. */
export interface Site {
  /** The loopback port to listen on. */
  readonly port: number;
  /** The loopback port of the upstream. */
  readonly upstream: number;
  readonly protocol: 'http' | 'h2c';
  /**
   * `cors`: one cors policy with a regex rule. `five`: that one with a request id, edits of headers and, in
   * Postern, an API key and a rate limit.
   * `strict`: the cors policy answers 403 to a cross-origin request that it does not allow.
   */
  readonly policies: 'cors' | 'five' | 'strict';
  /** 0: everything under /shop. Otherwise so many routes, `/shop/items-N/{id}`. */
  readonly routes: number;
  readonly workers: number;
  /** Decisions that Postern keeps; absent: its default. */
  readonly keep?: number;
}

/** How a peer is started on a site. */
export interface Launch {
  readonly command: string;
  readonly words: readonly string[];
  /** File name to text, put into a folder of its own that is the working directory. */
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** The CORS policy of every peer. */
export const CORS = {
  pattern: String.raw`https://pr-\d+\.preview\.example\.org`,
  methods: ['GET', 'POST', 'PUT'],
  headers: ['content-type', 'authorization'],
  maxAge: 900,
} as const;

/** An origin that the policy allows, and one that it does not. */
export const [FRIEND, STRANGER] = ['https://pr-42.preview.example.org', 'https://evil.example'];

/** What the upstream answers: 106 bytes. */
export const ANSWER =
  '{"items":[{"id":1,"name":"anchor","price":12.5},{"id":2,"name":"bell","price":7}],"next":null,"total":200}';

/** What the five policies are, for readers. */
export const FIVE_POLICIES =
  'cors, request-id, key-auth, rate-limit and headers; the other peers have cors, a request id and the same edits of headers, and ask for no key';

/** The key of the only consumer of the site `five`. */
export const KEY = '3f1c9a52d07be846';

/** What the site `five` sets on the request to the upstream, and on the answer; the latter loses `x-powered-by`. */
export const EDITS = {
  upstream: { name: 'x-edge', value: 'bench' },
  answer: { name: 'x-content-type-options', value: 'nosniff' },
  also: { name: 'referrer-policy', value: 'no-referrer' },
  removed: 'x-powered-by',
} as const;

/** The numbers of the routes of a site. */
export function routeNumbers({ routes }: Pick<Site, 'routes'>): readonly number[] {
  return Array.from({ length: routes }, (_, number) => number);
}
