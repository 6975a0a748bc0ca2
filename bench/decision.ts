/**
 * What a decision costs without any I/O: gate, client, route, policies, header lines for the upstream, response steps, done
 * steps, metrics and the ring of kept decisions, on a document that was checked and compiled as any other. Processor time of
 * this process, its garbage collector included. `npm run bench:decision [-- SECONDS]`; prints figures, asserts none.
 */
import { checkDocument } from '@postern/config';
import {
  Current,
  Received,
  RunningExchange,
  Sharing,
  compileSnapshot,
  decide,
  gate,
  isEventStream,
} from '@postern/engine';
import { mayReadBody, runDone, runResponse, runningSteps, upstreamPath, withoutHopByHop } from '@postern/engine';
import type { Runtime } from '@postern/engine';
import type { CheckedDocument, Plugin } from '@postern/model';
import { digestOf } from '@postern/plugin-key-auth';
import { AddressSet, DecisionRing, Metrics, findClient } from '@postern/server';
import { builtinPlugins } from 'postern';

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
const POLICIES = {
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

const ANSWER = [
  ['server', 'nginx'],
  ['date', 'Tue, 06 Jan 2026 10:00:00 GMT'],
  ['content-type', 'application/json'],
  ['content-length', '106'],
  ['connection', 'keep-alive'],
  ['cache-control', 'private, max-age=60'],
  ['etag', '"5f3c-1a2b"'],
] as const;

/** Heads of requests and answers as a parser leaves them: every text but the method is new, none was ever compared. */
interface Heads {
  readonly url: string;
  readonly rawHeaders: string[];
  readonly answer: string[];
}

function headsOf({ headers }: DecisionCase, at: number): Heads {
  return {
    url: fresh(`/shop/items/${at % 1000}?page=2&size=20`),
    rawHeaders: headers.flatMap((line) => line.map(fresh)),
    answer: ANSWER.flatMap((line) => line.map(fresh)),
  };
}

function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The real clock and chance, as a server hands them in. */
const RUNTIME: Runtime = {
  now: Date.now,
  random: Math.random,
  after: () => {
    throw new Error('no case waits');
  },
};

const TEXT = (policies: readonly string[]): string => `
upstreams: [{ name: up, targets: [http://127.0.0.1:9000] }]
policies:
${Object.entries(POLICIES)
  .map(([name, policy]) => `  - { name: ${name}, ${policy} }`)
  .join('\n')}
consumers: [{ name: bench, credentials: { key-auth: [{ key: "${digestOf(KEY)}" }] } }]
apiGroups:
  - name: other
    hosts: [other.example.com]
    upstream: up
  - name: shop
    hosts: [shop.example.com, '*.shop.example.com']
    basePath: /shop
    stripBasePath: true
    upstream: up
    policies: [${policies.join(', ')}]
    routes:
      - { name: list, path: /items, methods: [GET, PUT] }
      - { name: one, path: '/items/{id}', methods: [GET, PUT] }
      - { name: rest, path: /* }
`;

/** One case, compiled and ready to run. */
export class DecisionStage {
  readonly #case: DecisionCase;
  readonly #document: CheckedDocument;
  readonly #current = new Current();
  readonly #metrics = new Metrics({ policyLabels: [] });
  readonly #ring: DecisionRing;
  readonly #trusted = new AddressSet([]);
  readonly #context = { name: 'public' };

  /** `write` takes what policies write to the log. Default: nothing does. */
  constructor(one: DecisionCase, write: (record: Readonly<Record<string, unknown>>) => void = () => undefined) {
    this.#case = one;
    const plugins = new Map<string, Plugin>(builtinPlugins.map((plugin) => [plugin.name, plugin]));
    const text = TEXT(one.policies);
    const environment = { variable: () => undefined, file: () => undefined };
    const checked = checkDocument(
      { text, origin: 'gateway.yaml', revision: 1 },
      { plugins, environment, unresolved: 'error' },
    );
    if (checked.kind === 'refused') throw new Error(checked.issues.map(({ message }) => message).join('\n'));
    this.#document = checked.value;
    const metrics = this.#metrics;
    const sharing = new Sharing({
      counter: (policy, event) => metrics.counter(policy, event),
      outcomes: (policy, mode) => metrics.outcomes(policy, mode),
      write: (_policy, record) => write(record),
    });
    const candidate = { document: checked.value, revision: 1, digest: 'digest' };
    const steps = compileSnapshot(candidate, { plugins, sharing, previous: undefined });
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    if (step.value.kind === 'refused') throw new Error(step.value.issues.map(({ message }) => message).join('\n'));
    this.#current.swap(step.value.value);
    this.#ring = new DecisionRing(checked.value.server.decisions, () => RUNTIME.random());
  }

  /** Heads for that many exchanges. */
  heads(count: number): readonly Heads[] {
    return Array.from({ length: count }, (_, at) => headsOf(this.#case, at));
  }

  /** One exchange from its raw head to its last byte, as the server runs it: each line stands in a file of its own there. */
  run({ url, rawHeaders, answer }: Heads): RunningExchange {
    const { limits } = this.#document.server;
    const passed = gate({ protocol: 'HTTP/1.1', method: this.#case.method, url, rawHeaders }, limits);
    const snapshot = this.#current.lease();
    if (passed.kind !== 'passed' || snapshot === undefined) throw new Error(passed.kind);
    const client = findClient({ peer: '192.0.2.7', scheme: 'http' }, passed.headers, this.#trusted);
    const request = new Received(passed, client, '192.0.2.7');
    const exchange = new RunningExchange({ request, snapshot, runtime: RUNTIME });
    const next = decide(exchange, { listener: 'public', passed, request, limits });
    if (next !== this.#case.comes.next) throw new Error(`${this.#case.name} takes another way`);
    if (next === 'forward') this.#forward(exchange, answer);
    else if (next === 'respond') runResponse(exchange);
    if (exchange.status !== this.#case.comes.status) throw new Error(`${this.#case.name}: ${exchange.status}`);
    exchange.durationMs = 1.234_567;
    exchange.bytesOut = 106;
    runDone(exchange);
    if (exchange.failures.length > 0) throw new Error('a policy failed');
    this.#metrics.count(exchange);
    this.#ring.offer({ exchange, request, context: this.#context });
    snapshot.release();
    return exchange;
  }

  /** As `forward` and the relay of the server do, with a socket in between. */
  #forward(exchange: RunningExchange, answer: string[]): void {
    exchange.upstream = 'up';
    exchange.outgoing.set('host', '127.0.0.1:9000');
    upstreamPath(exchange, undefined);
    const headers = withoutHopByHop(answer);
    if (headers.get('content-length') !== '106') throw new Error('no length');
    exchange.upstreamStatus = 200;
    exchange.upstreamPairs = answer;
    exchange.answerFromUpstream(200, headers);
    if (runResponse(exchange) !== false) throw new Error('a response step answered');
    const { pipeline } = exchange;
    if (runningSteps(exchange, pipeline.responseBody).length > 0 && mayReadBody(exchange)) throw new Error('a body');
    if (runningSteps(exchange, pipeline.responseStream).length > 0 || isEventStream(exchange.headers))
      throw new Error('a stream');
  }
}

/** What an exchange of one case costs. */
export interface DecisionFigures {
  readonly name: string;
  /** Nanoseconds of processor time: the mean of all, and what a window took that nothing disturbed (tenth percentile). */
  readonly mean: number;
  readonly undisturbed: number;
  /** Bytes allocated on the heap; undefined without `--expose-gc`. */
  readonly bytes: number | undefined;
}

/**
 * Exchanges between two looks at the clock. Their heads are made outside of it, and few enough to be where a parser leaves
 * them: in the cache of the processor.
 */
const WINDOW = 128;

/** Measures one case for that long, after as long a warm-up as the compiler needs. */
export function measureDecision(one: DecisionCase, seconds: number): DecisionFigures {
  const stage = new DecisionStage(one);
  for (let at = 0; at < 600; at += 1) timed(stage);
  const windows: number[] = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) windows.push(timed(stage));
  const sorted = windows.toSorted((a, b) => a - b);
  return {
    name: one.name,
    mean: windows.reduce((sum, window) => sum + window, 0) / windows.length,
    undisturbed: sorted[Math.floor(sorted.length / 10)] ?? 0,
    bytes: globalThis.gc === undefined ? undefined : bytesOf(stage),
  };
}

/** Nanoseconds an exchange in one window. */
function timed(stage: DecisionStage): number {
  const heads = stage.heads(WINDOW);
  const before = process.cpuUsage();
  for (const head of heads) stage.run(head);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / WINDOW;
}

/** Bytes that an exchange allocates, of which nothing may be collected in between: the median of many windows. */
export function bytesOf(stage: DecisionStage): number {
  const found: number[] = [];
  for (let window = 0; window < 9; window += 1) {
    const heads = stage.heads(200);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (const head of heads) stage.run(head);
    found.push((process.memoryUsage().heapUsed - before) / heads.length);
  }
  return found.toSorted((a, b) => a - b)[4] ?? 0;
}

if (import.meta.main) {
  const seconds = Number(process.argv[2] ?? 4);
  console.log(`Node ${process.version}; nanoseconds of processor time an exchange, with garbage collection`);
  for (const one of decisionCases) {
    const { name, mean, undisturbed, bytes } = measureDecision(one, seconds);
    const memory = bytes === undefined ? '' : `, ${bytes.toFixed(0)} bytes`;
    console.log(
      `${name.padEnd(16)} ${mean.toFixed(0)} mean, ${undisturbed.toFixed(0)} undisturbed, ${(1e9 / mean / 1000).toFixed(0)}k/s${memory}`,
    );
  }
}
