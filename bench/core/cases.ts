import { ANSWER, CORS, EDITS, FIVE_POLICIES, FRIEND, KEY, STRANGER } from './site.ts';
import type { Site } from './site.ts';

/** A request of a case. */
export interface CaseRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: number;
}

/** An answer that a peer has to give before it is measured. */
export interface Check {
  readonly what: string;
  readonly request: CaseRequest;
  readonly status: number;
  /** Exact values; a list has to have the member; null: the header is not there; undefined: it is there. */
  readonly headers: Readonly<Record<string, string | null | undefined | readonly string[]>>;
  /** The text, or how many bytes; absent: anything. */
  readonly body?: string | number | RegExp;
}

/** A load that every peer is put under. */
export interface Case {
  readonly name: string;
  readonly what: string;
  readonly site: Omit<Site, 'port' | 'upstream'>;
  readonly request: CaseRequest;
  readonly checks: readonly Check[];
  /** The answers are refusals. */
  readonly refused: boolean;
  /** Only Postern has it. */
  readonly own: boolean;
  /** Left out of a quick run. */
  readonly slow?: boolean;
}

const get = (path: string, headers: Readonly<Record<string, string>> = {}): CaseRequest => ({
  method: 'GET',
  path,
  headers,
  body: 0,
});
const CORS_SITE = { protocol: 'http', policies: 'cors', routes: 0, workers: 1 } as const;
const ITEMS = get('/shop/items', { origin: FRIEND });
const ALLOWED = { 'access-control-allow-origin': FRIEND, vary: ['origin'] };
const preflightOf = (origin: string): CaseRequest => ({
  method: 'OPTIONS',
  path: '/shop/items',
  headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' },
  body: 0,
});

const answered = (request: CaseRequest, body: string | number): Check => ({
  what: 'an answer for the allowed origin',
  request,
  status: 200,
  headers: ALLOWED,
  body,
});
const strangers = (path: string, more: Readonly<Record<string, string>> = {}): Check => ({
  what: 'no permission for a stranger',
  request: get(path, { origin: STRANGER, ...more }),
  status: 200,
  headers: { 'access-control-allow-origin': null },
});

const DEFAULTS = { site: CORS_SITE, refused: false, own: false } as const;

const proxied = (name: string, what: string, site: Case['site']): Case => ({
  ...DEFAULTS,
  name,
  what,
  site,
  request: ITEMS,
  checks: [answered(ITEMS, ANSWER), strangers(ITEMS.path)],
});

const PROXY = proxied('proxy', 'proxied GET, cors', CORS_SITE);

/** A body of so many bytes in the answer. */
const bodyCase = (name: string, bytes: number): Case => {
  const request = get(`/shop/bytes-${name.replace('body-', '')}`, { origin: FRIEND });
  return { ...DEFAULTS, name, what: `GET of ${bytes} bytes`, request, checks: [answered(request, bytes)] };
};

const WITH_KEY = get('/shop/items', { origin: FRIEND, 'x-api-key': KEY });
const FIVE: Case = {
  ...proxied('proxy-5', `proxied GET, five policies: ${FIVE_POLICIES}`, { ...CORS_SITE, policies: 'five' }),
  request: WITH_KEY,
  checks: [
    {
      ...answered(WITH_KEY, ANSWER),
      headers: {
        ...ALLOWED,
        'x-request-id': undefined,
        [EDITS.answer.name]: EDITS.answer.value,
        [EDITS.also.name]: EDITS.also.value,
      },
    },
    {
      what: 'the edits of both sides',
      request: get('/shop/seen', { origin: FRIEND, 'x-api-key': KEY }),
      status: 200,
      headers: { ...ALLOWED, [EDITS.removed]: null },
      body: new RegExp(`^{"requestId":"[\\w-]{16,}","edge":"${EDITS.upstream.value}"}$`),
    },
    strangers(ITEMS.path, { 'x-api-key': KEY }),
  ],
};

const PREFLIGHT: Case = {
  ...DEFAULTS,
  name: 'preflight',
  what: 'preflight of an allowed origin',
  request: preflightOf(FRIEND),
  checks: [
    {
      what: 'the permission',
      request: preflightOf(FRIEND),
      status: 204,
      headers: {
        ...ALLOWED,
        'access-control-allow-methods': CORS.methods,
        'access-control-allow-headers': CORS.headers,
        'access-control-max-age': String(CORS.maxAge),
      },
      body: '',
    },
    {
      what: 'no permission for a stranger',
      request: preflightOf(STRANGER),
      status: 204,
      headers: { 'access-control-allow-origin': null },
    },
  ],
};

const REFUSED: Case = {
  ...DEFAULTS,
  name: 'refused',
  what: 'cross-origin GET, refused with 403',
  site: { ...CORS_SITE, policies: 'strict' },
  request: get('/shop/items', { origin: STRANGER }),
  refused: true,
  checks: [
    {
      what: 'the refusal',
      request: get('/shop/items', { origin: STRANGER }),
      status: 403,
      headers: { 'access-control-allow-origin': null, 'content-type': ['application/problem+json'] },
    },
    answered(ITEMS, ANSWER),
  ],
};

const SINK: CaseRequest = { method: 'POST', path: '/shop/sink', headers: { origin: FRIEND }, body: 1_048_576 };
const UPLOAD: Case = {
  ...DEFAULTS,
  name: 'upload-1m',
  what: 'POST of 1 MiB',
  request: SINK,
  checks: [answered(SINK, ANSWER)],
};

const ONCE: CaseRequest = { ...ITEMS, headers: { ...ITEMS.headers, connection: 'close' } };
const CONNECT: Case = {
  ...DEFAULTS,
  name: 'connect',
  what: 'proxied GET, a new connection each',
  request: ONCE,
  checks: [{ ...answered(ONCE, ANSWER), headers: { ...ALLOWED, connection: ['close'] } }],
};

const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;

const routesCase = (routes: number): Case => {
  // One in the middle.
  const request = get(`/shop/items-${Math.floor(routes / 2)}/7`, { origin: FRIEND });
  const unknown = get(`/shop/items-${routes}/7`, { origin: FRIEND });
  return {
    ...DEFAULTS,
    name: `routes-${routes}`,
    what: `proxied GET, ${counted(routes, 'route')}`,
    site: { ...CORS_SITE, routes },
    own: routes > 10_000,
    slow: routes === 1000 || routes > 10_000,
    request,
    checks: [
      answered(request, ANSWER),
      { what: 'no route for an unknown path', request: unknown, status: 404, headers: {} },
    ],
  };
};

const workersCase = (workers: number): Case => ({
  ...proxied(`workers-${workers}`, `proxied GET, ${counted(workers, 'worker')}`, { ...CORS_SITE, workers }),
  own: true,
  slow: true,
});

/** What kept decisions cost: gateways that differ in `server.decisions` alone. */
const decisionsCase = (name: string, keep: number, by: Case): Case => ({
  ...by,
  name,
  what: `${by.what}, ${keep === 0 ? 'no decision kept' : `${keep} decisions kept`}`,
  site: { ...by.site, keep },
  own: true,
  slow: true,
});

/** Cases that are measured in turns with one another, because a target compares them. */
export const GROUPS: readonly (readonly Case[])[] = [
  [PROXY, FIVE],
  [PREFLIGHT],
  [REFUSED],
  [bodyCase('body-64k', 65_536)],
  [bodyCase('body-1m', 1_048_576)],
  [UPLOAD],
  [CONNECT],
  [proxied('h2', 'proxied GET over HTTP/2', { ...CORS_SITE, protocol: 'h2c' })],
  [1, 1000, 10_000, 100_000].map(routesCase),
  [1, 2].map(workersCase),
  [
    decisionsCase('decisions-off', 0, PROXY),
    decisionsCase('decisions-on', 1000, PROXY),
    decisionsCase('decisions-off-refused', 0, REFUSED),
    decisionsCase('decisions-on-refused', 1000, REFUSED),
  ],
];

/** All of them. */
export const CASES: readonly Case[] = GROUPS.flat();
