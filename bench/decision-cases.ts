import { digestOf } from '@postern/plugin-key-auth';

/** One kind of exchange: the policies that its route runs, and what the client sends. */
export interface DecisionCase {
  readonly name: string;
  readonly policies: readonly string[];
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What comes of it: a case that does something else measures nothing. */
  readonly comes: { readonly next: 'forward' | 'respond' | 'send'; readonly status: number };
}

const BROWSER = [
  ['Host', 'shop.example.com'],
  ['Connection', 'keep-alive'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  ],
  ['Accept', 'application/json, text/plain, */*'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Accept-Language', 'en-GB,en;q=0.9'],
  ['Referer', 'https://pr-17.preview.example.org/items'],
] as const;
const COOKIE = ['Cookie', 'session=2f1c9b7e5a; theme=dark; seen=1'] as const;
/** The key of the one consumer. */
const KEY = '3f1c9a52d07be846';
const ALLOWED = ['Origin', 'https://pr-17.preview.example.org'] as const;

/** Policies by name, as documents write them. */
export const POLICIES = {
  cors: `plugin: cors, config: { allowOrigins: [https://app.example.com, '~https://pr-\\d+\\.preview\\.example\\.org'],
      allowMethods: [GET, POST, PUT], allowHeaders: [content-type, authorization], exposeHeaders: [x-request-id] }`,
  strict: `plugin: cors, config: { allowOrigins: ['~https://pr-\\d+\\.preview\\.example\\.org'], enforcement: strict }`,
  id: 'plugin: request-id',
  log: 'plugin: access-log',
  safe: `plugin: headers, config: { response: { set: { x-content-type-options: nosniff, referrer-policy: no-referrer,
      strict-transport-security: max-age=31536000 }, remove: [server, x-powered-by] } }`,
  keys: 'plugin: key-auth',
  limit: 'plugin: rate-limit, config: { limit: 1000000, window: 1m, by: consumer }',
  mark: `plugin: headers, config: { request: { set: { x-gateway: edge }, remove: [x-debug] } }`,
} as const;

/** The cases that `docs/performance-notes.md` reports. */
export const decisionCases: readonly DecisionCase[] = [
  {
    name: 'no policy',
    policies: [],
    method: 'GET',
    headers: [...BROWSER, ALLOWED, COOKIE],
    comes: { next: 'forward', status: 200 },
  },
  {
    name: 'cors alone',
    policies: ['cors'],
    method: 'GET',
    headers: [...BROWSER, ALLOWED, COOKIE],
    comes: { next: 'forward', status: 200 },
  },
  {
    name: 'five policies',
    policies: ['id', 'log', 'cors', 'safe', 'mark'],
    method: 'GET',
    headers: [...BROWSER, ALLOWED, COOKIE],
    comes: { next: 'forward', status: 200 },
  },
  {
    name: 'with key and limit',
    policies: ['cors', 'id', 'keys', 'limit', 'mark'],
    method: 'GET',
    headers: [...BROWSER, ALLOWED, COOKIE, ['X-Api-Key', KEY]],
    comes: { next: 'forward', status: 200 },
  },
  {
    name: 'preflight',
    policies: ['cors'],
    method: 'OPTIONS',
    headers: [
      ...BROWSER,
      ALLOWED,
      ['Access-Control-Request-Method', 'PUT'],
      ['Access-Control-Request-Headers', 'authorization,content-type'],
      ['Sec-Fetch-Mode', 'cors'],
    ],
    comes: { next: 'send', status: 204 },
  },
  {
    name: 'refused',
    policies: ['id', 'strict'],
    method: 'GET',
    headers: [...BROWSER, ['Origin', 'https://evil.example'], COOKIE],
    comes: { next: 'respond', status: 403 },
  },
];

/** The header lines of the upstream's answer, in every case. */
export const ANSWER = [
  ['server', 'nginx'],
  ['date', 'Tue, 06 Jan 2026 10:00:00 GMT'],
  ['content-type', 'application/json'],
  ['content-length', '106'],
  ['connection', 'keep-alive'],
  ['cache-control', 'private, max-age=60'],
  ['etag', '"5f3c-1a2b"'],
] as const;

/** The consumer of the document that the cases run in. */
export const CONSUMER = `{ name: bench, credentials: { key-auth: [{ key: "${digestOf(KEY)}" }] } }`;
