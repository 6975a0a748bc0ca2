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
import { AddressSet, DecisionRing, Metrics, findClient } from '@postern/server';
import { builtinPlugins } from 'postern';
import { ANSWER, CONSUMER, POLICIES } from './decision-cases.ts';
import type { DecisionCase } from './decision-cases.ts';

/** Heads of requests and answers as a parser leaves them: every text but the method is new, none was ever compared. */
export interface Heads {
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
consumers: [${CONSUMER}]
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

  /** What the gate makes of a head. */
  gate({ url, rawHeaders }: Pick<Heads, 'url' | 'rawHeaders'>): ReturnType<typeof gate> {
    const { method } = this.#case;
    return gate({ protocol: 'HTTP/1.1', method, url, rawHeaders }, this.#document.server.limits);
  }

  /** One exchange from its raw head to its last byte, as the server runs it: each line stands in a file of its own there. */
  run({ url, rawHeaders, answer }: Heads): RunningExchange {
    const { limits } = this.#document.server;
    const passed = this.gate({ url, rawHeaders });
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
