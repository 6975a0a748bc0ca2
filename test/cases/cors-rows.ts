import type { Test } from 'tap';
import { SERVER } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { request as sendRequest } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';
import type { TestUpstream } from '../kit/upstream.ts';
import { brokenInvariants, differences } from './cors-answer.ts';
import type { CorsAnswer } from './cors-answer.ts';
import { readCorsCases, toLines } from './cors-case.ts';
import type { CasePolicy, CaseRequest, CorsCase, Expect, UpstreamAnswer } from './cors-case.ts';
import { documentOf, toDocuments } from './to-document.ts';
import type { Surroundings } from './to-document.ts';

/** The upstream of all rows, and what is the same in all their documents. */
export interface RowBench {
  readonly upstream: TestUpstream;
  readonly around: Surroundings;
  /** What the upstream answers now. */
  answer: UpstreamAnswer;
}

/** An upstream that answers as a row says; `more` are lines of the server section. */
export async function rowBenchFor(t: Test, more = ''): Promise<RowBench> {
  const upstream = await upstreamFor(t, (_request, response) => {
    const { status = 200, headers = {} } = bench.answer;
    response.writeHead(status, toLines(headers).flat());
    response.end();
  });
  const around = { server: `${SERVER}  trustedProxies: [127.0.0.1]\n${more}`, upstream: upstream.url };
  const bench: RowBench = { upstream, around, answer: {} };
  return bench;
}

/** The document that a gateway begins with. */
export function firstDocument({ around }: RowBench): string {
  return documentOf({ allowOrigins: ['*'] }, around);
}

/** One gateway and one upstream for all rows: a row reloads the gateway and tells the upstream what to answer. */
class Rows {
  readonly #gateway: TestGateway;
  readonly #bench: RowBench;
  /** All that was asked and checked, for the test that proves the checks. */
  readonly asked: { readonly request: CaseRequest; readonly expect: Expect; readonly answer: CorsAnswer }[] = [];
  #texts = 0;

  constructor(gateway: TestGateway, bench: RowBench) {
    this.#gateway = gateway;
    this.#bench = bench;
  }

  get around(): Surroundings {
    return this.#bench.around;
  }

  set answer(answer: UpstreamAnswer) {
    this.#bench.answer = answer;
  }

  /** Reloads. Says what became of the document; every text is a new one, so that each is really built. */
  async load(text: string): Promise<'accept' | 'warn' | 'reject'> {
    this.#texts += 1;
    const codes = await this.#gateway.apply(`# text ${this.#texts}\n${text}`);
    if (codes.length > 0) {
      const strange = codes.filter((code) => !code.startsWith('cors/') && !code.startsWith('config/'));
      if (strange.length > 0) throw new Error(`refused for ${strange.join(', ')}:\n${text}`);
      return 'reject';
    }
    return this.#gateway.control().warnings.some(({ code }) => code.startsWith('cors/')) ? 'warn' : 'accept';
  }

  async send(request: CaseRequest): Promise<CorsAnswer> {
    const { method, path = '/case', host = 'api.gateway.test', scheme = 'http' } = request;
    const before = this.#bench.upstream.seen.length;
    // The test stands where a trusted TLS terminator would.
    const forwarded = scheme === 'https' ? ([['X-Forwarded-Proto', 'https']] as const) : [];
    const lines = [['Host', host] as const, ...forwarded, ...toLines(request.headers)];
    const answer = await sendRequest(this.#gateway.port(), `${method} ${path}`, lines);
    return { status: answer.status, lines: answer.lines, reached: this.#bench.upstream.seen.length > before };
  }
}

/** Runs all rows, and proves that the checks would have seen the faults that real gateways had. */
export async function runAllRows(t: Test, gateway: TestGateway, bench: RowBench): Promise<void> {
  const { cases } = readCorsCases();
  const rows = new Rows(gateway, bench);
  let answers = 0;
  for (const row of cases) {
    const failures: string[] = [];
    answers += await runRow(rows, row, failures);
    t.same(failures, [], `${row.id} ${row.topic}`);
  }
  t.comment(`${cases.length} rows, ${answers} answers`);
  for (const [name, mutate, least] of MUTATIONS) {
    const seen = rows.asked.filter(({ request, expect, answer: given }) => {
      const mutated = mutate(given, request);
      return differences(request, expect, mutated).length + brokenInvariants(request, mutated).length > 0;
    });
    t.ok(seen.length >= least, `${name} would be seen in ${seen.length} answers, expected ${least} or more`);
  }
  t.equal(cases.length, 232);
}

type Mutation = (answer: CorsAnswer, request: CaseRequest) => CorsAnswer;

const without =
  (name: string): Mutation =>
  (answer) => ({ ...answer, lines: answer.lines.filter(([found]) => found !== name) });
const withLine =
  (name: string, value: (request: CaseRequest) => string): Mutation =>
  (answer, request) => {
    const kept = answer.lines.filter(([found]) => found !== name);
    return { ...answer, lines: [...kept, [name, value(request)]] };
  };
const originOf = (request: CaseRequest): string =>
  toLines(request.headers).find(([name]) => name === 'origin')?.[1] ?? 'https://nobody.example';

/** Faults that real gateways had, each with the least number of answers in which the rows must see it. */
const MUTATIONS: readonly (readonly [name: string, mutate: Mutation, least: number])[] = [
  ['no Vary', without('vary'), 400],
  ['Vary overwritten', withLine('vary', () => 'Accept'), 400],
  ['Vary twice', (answer) => ({ ...answer, lines: [...answer.lines, ['vary', 'Origin']] }), 400],
  ['no Access-Control-Allow-Origin', without('access-control-allow-origin'), 250],
  ['every origin echoed', withLine('access-control-allow-origin', originOf), 150],
  ['* for every origin', withLine('access-control-allow-origin', () => '*'), 400],
  ['null for every origin', withLine('access-control-allow-origin', () => 'null'), 500],
  [
    'the origin echoed with a slash',
    withLine('access-control-allow-origin', (request) => `${originOf(request)}/`),
    500,
  ],
  [
    'an upstream line kept',
    (answer) => ({ ...answer, lines: [...answer.lines, ['access-control-allow-origin', 'https://up.example']] }),
    500,
  ],
  ['credentials always', withLine('access-control-allow-credentials', () => 'true'), 250],
  ['credentials never', without('access-control-allow-credentials'), 60],
  ['methods on everything', withLine('access-control-allow-methods', () => 'PUT'), 250],
  ['methods never', without('access-control-allow-methods'), 40],
  ['headers reflected', withLine('access-control-allow-headers', () => '*'), 250],
  ['headers never', without('access-control-allow-headers'), 40],
  ['max-age never', without('access-control-max-age'), 8],
  ['expose never', without('access-control-expose-headers'), 10],
  [
    'an empty header',
    (answer) => ({ ...answer, lines: [...answer.lines, ['access-control-expose-headers', '']] }),
    500,
  ],
  ['preflights forwarded', (answer) => ({ ...answer, reached: true }), 150],
  ['requests swallowed', (answer) => ({ ...answer, reached: false }), 250],
  ['403 for everything', (answer) => ({ ...answer, status: 403 }), 300],
  ['redirected', (answer) => ({ ...answer, status: 302 }), 300],
];

/** Runs a row in every way it can be configured; says how many answers were looked at. */
async function runRow(bench: Rows, row: CorsCase, failures: string[]): Promise<number> {
  bench.answer = row.upstream ?? {};
  if (row.steps !== undefined) return runSteps(bench, row.steps, failures);
  if (row.request === null) return loadOnly(bench, row, failures);
  let answers = 0;
  for (const { way, text } of toDocuments(row, bench.around)) {
    const loaded = await bench.load(text);
    if (loaded === 'reject') {
      failures.push(`${way}: refused`);
      continue;
    }
    if (row.before !== undefined) for (let at = 0; at < row.before.times; at += 1) await bench.send(row.before.request);
    const times = Math.max(row.repeat ?? 1, 1);
    for (let at = 0; at < times; at += 1) {
      failures.push(...(await ask(bench, row.request, row)).map((why) => `${way}: ${why}`));
      answers += 1;
    }
  }
  if (answers === 0) failures.push('nothing was sent');
  return answers;
}

async function loadOnly(bench: Rows, { policy, expect }: CorsCase, failures: string[]): Promise<number> {
  const loaded = await bench.load(documentOf(policy ?? {}, bench.around));
  if (expect.config === undefined || ![expect.config].flat().includes(loaded)) failures.push(`the config is ${loaded}`);
  return 0;
}

async function runSteps(bench: Rows, steps: NonNullable<CorsCase['steps']>, failures: string[]): Promise<number> {
  let answers = 0;
  for (const step of steps) {
    if (step.apply !== undefined) {
      const loaded = await bench.load(documentOf(step.apply, bench.around));
      if (step.expect.config !== undefined && ![step.expect.config].flat().includes(loaded))
        failures.push(`the config is ${loaded}`);
    }
    if (step.request === undefined) continue;
    failures.push(...(await ask(bench, step.request, { policy: step.apply ?? null, expect: step.expect })));
    answers += 1;
  }
  return answers;
}

async function ask(
  bench: Rows,
  request: CaseRequest,
  row: { readonly policy: CasePolicy | null; readonly expect: Expect },
): Promise<readonly string[]> {
  const answer = await bench.send(request);
  bench.asked.push({ request, expect: row.expect, answer });
  // What is off or in shadow changes nothing: the upstream's own headers pass, and nothing varies.
  const off = row.policy?.mode === 'off' || row.policy?.mode === 'shadow';
  return [...differences(request, row.expect, answer), ...(off ? [] : brokenInvariants(request, answer))];
}
