import { conditionOf, ExactBudgets, textOf } from '@postern/engine';
import { HeaderList } from '@postern/model';
import type { Claims, CompileContext, Consumer, DoneExchange, ExchangeRequest, Finding, MadeBy } from '@postern/model';

/** The request of a test; what is absent has a plain default. */
export interface TestRequest extends Partial<Omit<ExchangeRequest, 'headers'>> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer that response steps of a test see. */
export interface TestResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly madeBy?: MadeBy;
}

/** An exchange outside any gateway: real header lists, a fixed clock, and the edits to look at afterwards. */
export type TestExchange = DoneExchange;

/** Makes an exchange for the unit tests of single steps; `tryPlugin` runs a whole policy. */
export function testExchange(request: TestRequest = {}, response: TestResponse = {}): TestExchange {
  const { headers, ...line } = request;
  let requestId = 'test-request';
  let consumer: Consumer | undefined;
  let claims: Claims | undefined;
  let target = { path: line.path ?? '/', query: line.query ?? '' };
  return {
    request: {
      protocol: 'HTTP/1.1',
      method: 'GET',
      scheme: 'http',
      host: 'gateway.test',
      path: '/',
      query: '',
      hasBody: false,
      clientAddress: '192.0.2.1',
      ...line,
      headers: HeaderList.from(headers ?? {}),
    },
    outgoing: HeaderList.from(headers ?? {}),
    response: {
      status: response.status ?? 200,
      headers: HeaderList.from(response.headers ?? {}),
      madeBy: response.madeBy ?? { kind: 'upstream' },
    },
    group: 'group',
    route: 'route',
    params: {},
    revision: 1,
    get consumer(): Consumer | undefined {
      return consumer;
    },
    get claims(): Claims | undefined {
      return claims;
    },
    setClaims(said): void {
      claims = said;
    },
    get target() {
      return target;
    },
    rewrite(to): boolean {
      target = { ...target, ...to };
      return true;
    },
    own: undefined,
    now: 0,
    random: () => 0.5,
    ask: (_key, outside) => outside(),
    take: (budget, { key, amount = 1 }) => budget.draw({ terms: budget.terms, key, amount, now: 0 }),
    identify(named): void {
      consumer = named;
    },
    get requestId(): string {
      return requestId;
    },
    setRequestId(id): void {
      requestId = id;
    },
    durationMs: 1,
    bytesIn: 0,
    bytesOut: 0,
    upstream: undefined,
    refusal: undefined,
    shadowed: [],
    aborted: false,
  };
}

/** What a compile under test left behind. */
export interface TestContext extends CompileContext {
  readonly warnings: Omit<Finding, 'severity'>[];
  readonly counts: Map<string, number>;
  readonly written: Readonly<Record<string, unknown>>[];
}

/** Makes a compile context that keeps what the plugin reports, counts and writes. */
export function testContext(policy = 'policy'): TestContext {
  const warnings: Omit<Finding, 'severity'>[] = [];
  const counts = new Map<string, number>();
  const written: Readonly<Record<string, unknown>>[] = [];
  const budgets = new ExactBudgets();
  return {
    policy,
    labels: {},
    shadow: false,
    warnings,
    counts,
    written,
    // One compile a context: there is no earlier snapshot to keep anything from.
    consumers: [],
    consumer: () => undefined,
    condition: conditionOf,
    text: textOf,
    keep: (_key, create) => create(),
    budget: (name, terms) => ({ name, counter: name, terms, draw: (wish) => budgets.draw(name, wish) }),
    warn: (finding) => void warnings.push(finding),
    counter: (event) => () => void counts.set(event, (counts.get(event) ?? 0) + 1),
    write: (record) => void written.push(record),
  };
}
