import { HeaderList } from '@postern/model';
import type { Body, CheckedPolicy, Exchange, Handlers, ResponseExchange } from '@postern/model';
import { test } from 'tap';
import type { Test } from 'tap';
import { runningSteps } from '../src/condition.ts';
import type { RunningExchange } from '../src/exchange.ts';
import { runPreflight, runRequest, runRequestBody, runResponse } from '../src/run.ts';
import { runDone } from '../src/run-done.ts';
import { exchangeWith } from './exchange-with.ts';
import type { Made } from './exchange-with.ts';

function problemOf(exchange: RunningExchange): unknown {
  return JSON.parse(String(exchange.body));
}

const refusal = (status: number, code: string) =>
  ({ kind: 'refuse', status, code, detail: 'No.', headers: [] }) as const;

test('request steps run in the written order and response steps backwards', async (t) => {
  const ran: string[] = [];
  const noting = (name: string): Made => ({
    handlers: { request: () => void ran.push(`${name}>`), response: () => void ran.push(`<${name}`) },
  });
  const exchange = exchangeWith({ a: noting('a'), b: noting('b'), c: noting('c') });
  t.equal(runRequest(exchange), false);
  t.equal(runResponse(exchange), false);
  t.same(ran, ['a>', 'b>', 'c>', '<c', '<b', '<a']);
});

test('a pipeline of synchronous policies creates no promise', async (t) => {
  const exchange = exchangeWith({ a: { handlers: { request: () => undefined, response: () => undefined } } });
  t.type(runRequest(exchange), 'boolean');
  t.type(runResponse(exchange), 'boolean');
});

test('a pipeline without conditions asks no policy whether it runs, and makes no view before its first step', async (t) => {
  const bodies = { requestBody: { limit: 1, run: () => undefined } };
  const exchange = exchangeWith({ a: { handlers: bodies } });
  t.equal(exchange.pipeline.conditional, false);
  t.equal(runningSteps(exchange, exchange.pipeline.requestBody), exchange.pipeline.requestBody);
  t.same(exchange.views, []);
  t.same(exchange.pipeline.request, [], 'and a body step alone brings no request step');
});

test('a condition is asked once, before the first step, and keeps its answer for all others', async (t) => {
  let asked = 0;
  const ran: string[] = [];
  const condition = (): boolean => {
    asked += 1;
    return asked === 1;
  };
  const handlers = {
    request: () => void ran.push('request'),
    requestBody: { limit: 1, run: () => undefined },
    response: () => void ran.push('response'),
    done: () => void ran.push('done'),
  };
  const exchange = exchangeWith({ a: { condition, handlers }, b: { condition: () => false, handlers } });
  t.equal(runRequest(exchange), false);
  t.equal(runningSteps(exchange, exchange.pipeline.requestBody).length, 1);
  t.equal(runResponse(exchange), false);
  runDone(exchange);
  t.equal(asked, 1);
  t.same(ran, ['request', 'response', 'done']);
});

test('a condition without an answer fails its policy once, and done steps of others still run', async (t) => {
  const ran: string[] = [];
  const condition = (): boolean => {
    throw new RangeError('no answer');
  };
  const handlers = { response: () => void ran.push('a response'), done: () => void ran.push('a done') };
  const exchange = exchangeWith({
    a: { condition, handlers },
    b: { handlers: { done: () => void ran.push('b done') } },
  });
  exchange.answerFromUpstream(200, new HeaderList());
  t.equal(runResponse(exchange), false);
  t.equal(exchange.status, 500);
  t.match(problemOf(exchange), { code: 'policy/threw', policy: 'a' });
  runDone(exchange);
  t.same(ran, ['b done']);
  t.equal(exchange.failures.length, 1);
});

test('the owner of response headers runs last, wherever it stands, and its headers are its own', async (t) => {
  const ran: string[] = [];
  const exchange = exchangeWith({
    owner: {
      owns: ['access-control-'],
      handlers: {
        response: ({ response }) => {
          ran.push('owner');
          response.headers.set('access-control-allow-origin', 'https://a.test');
        },
      },
    },
    other: {
      handlers: {
        response: ({ response }) => {
          ran.push('other');
          response.headers.set('access-control-allow-origin', '*');
          response.headers.set('x-other', '1');
        },
      },
    },
  });
  runResponse(exchange);
  t.same(ran, ['other', 'owner']);
  t.same(exchange.headers.pairs, ['x-other', '1', 'access-control-allow-origin', 'https://a.test']);
  t.match(exchange.edits, [
    { policy: 'other', dropped: true },
    { policy: 'other', dropped: false },
    { policy: 'owner', dropped: false },
  ]);
});

test("steps read what the client sent while outgoing edits accumulate, each in its policy's name", async (t) => {
  const seen: (string | undefined)[] = [];
  const exchange = exchangeWith(
    {
      a: {
        handlers: {
          request: ({ outgoing }) => {
            outgoing.set('x-a', '2');
            outgoing.add('x-a', '3');
          },
        },
      },
      b: {
        handlers: {
          request: ({ request, outgoing }) => {
            seen.push(request.headers.get('x-a'), outgoing.get('x-a'));
            outgoing.remove('x-b');
          },
        },
      },
    },
    { 'x-a': '1', 'x-b': '1' },
  );
  runRequest(exchange);
  t.same(seen, ['1', '2, 3']);
  t.same(exchange.outgoing.pairs, ['x-a', '2, 3']);
  t.same(
    exchange.edits.map(({ policy, operation, name }) => `${policy} ${operation} ${name}`),
    ['a set x-a', 'a add x-a', 'b remove x-b'],
  );
});

test('a refusal ends the request steps and says who, why and where', async (t) => {
  const exchange = exchangeWith({
    a: { handlers: { request: () => refusal(403, 'test/no') } },
    b: { handlers: { request: () => void t.fail('runs after a refusal') } },
  });
  t.equal(runRequest(exchange), true);
  t.equal(exchange.status, 403);
  t.same(exchange.refusal, { policy: 'a', code: 'test/no', where: 'gateway.yaml:41', labels: {} });
  t.same(problemOf(exchange), {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'No.',
    code: 'test/no',
    policy: 'a',
    requestId: exchange.requestId,
  });
});

test('an asynchronous step is awaited and the rest runs after it', async (t) => {
  const ran: string[] = [];
  const exchange = exchangeWith({
    a: {
      handlers: {
        request: async () => {
          await Promise.resolve();
          ran.push('a');
        },
      },
    },
    b: { handlers: { request: () => void ran.push('b') } },
    c: { handlers: { request: async () => refusal(429, 'test/later') } },
  });
  const answered = runRequest(exchange);
  t.not(typeof answered, 'boolean');
  t.equal(await answered, true);
  t.same(ran, ['a', 'b']);
  t.equal(exchange.status, 429);
});

const broken: Readonly<Record<string, Handlers>> = {
  'throws an error': {
    request: () => {
      throw new Error('secret: 10.0.0.1');
    },
  },
  'throws null': {
    request: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what plugins do
      throw null;
    },
  },
  rejects: {
    request: async () => {
      throw new Error('secret');
    },
  },
};
for (const [name, handlers] of Object.entries(broken)) {
  test(`a policy that ${name} refuses with 500 policy/threw and shows nothing of it`, async (t) => {
    const exchange = exchangeWith({ bad: { handlers } });
    t.equal(await runRequest(exchange), true);
    t.match(problemOf(exchange), { status: 500, code: 'policy/threw', policy: 'bad' });
    t.notMatch(String(exchange.body), 'secret');
    t.equal(exchange.failures.length, 1);
    t.equal(exchange.failures[0]?.where, 'gateway.yaml:41');
  });
}

test('a late policy refuses with 504 and what it does afterwards has no effect', async (t) => {
  let release: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    release = resolve;
  });
  const exchange = exchangeWith({
    slow: {
      handlers: {
        request: async (view: Exchange) => {
          await late;
          view.outgoing.set('x-late', '1');
          view.setRequestId('late');
          return refusal(418, 'test/late');
        },
      },
    },
  });
  t.equal(await runRequest(exchange), true);
  t.match(problemOf(exchange), { status: 504, code: 'policy/timed-out' });
  release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(exchange.status, 504);
  t.notOk(exchange.outgoing.has('x-late'));
  t.not(exchange.requestId, 'late');
});

test('a policy with onError: skip is as if it were absent when it breaks', async (t) => {
  const skip = { policy: { onError: 'skip' } } as const;
  const exchange = exchangeWith({
    threw: {
      ...skip,
      handlers: {
        request: () => {
          throw new Error('x');
        },
      },
    },
    late: { ...skip, handlers: { request: () => new Promise<void>(() => undefined) } },
    next: { handlers: { request: ({ outgoing }) => outgoing.set('x-next', '1') } },
  });
  t.equal(await runRequest(exchange), false);
  t.equal(exchange.outgoing.get('x-next'), '1');
  t.equal(exchange.failures.length, 2);
});

test('a response step that refuses replaces the answer, and the steps after it see the new one', async (t) => {
  const seen: number[] = [];
  const exchange = exchangeWith({
    outer: { handlers: { response: ({ response }: ResponseExchange) => void seen.push(response.status) } },
    inner: { handlers: { response: () => refusal(502, 'test/bad-answer') } },
  });
  exchange.answerFromUpstream(200, HeaderList.from({ 'content-type': 'text/plain' }));
  runResponse(exchange);
  t.same(seen, [502]);
  t.same(exchange.madeBy, { kind: 'policy', policy: 'inner' });
});

test('a throwing response step fails closed and done still runs for everyone', async (t) => {
  const done: string[] = [];
  const exchange = exchangeWith({
    a: {
      handlers: {
        response: () => {
          throw new Error('x');
        },
        done: ({ refusal: why }) => void done.push(`a ${why?.code}`),
      },
    },
    b: {
      handlers: {
        done: () => {
          throw new Error('in done');
        },
      },
    },
    c: { handlers: { done: () => void done.push('c') } },
  });
  exchange.answerFromUpstream(200, new HeaderList());
  runResponse(exchange);
  t.equal(exchange.status, 500);
  runDone(exchange);
  t.same(done, ['a policy/threw', 'c']);
});

test("own is one policy's slot on one exchange, through all its steps", async (t) => {
  const seen: unknown[] = [];
  const keeping = (value: string): Made => ({
    handlers: {
      request: (view) => {
        view.own = value;
      },
      response: (view) => void seen.push(view.own),
    },
  });
  const exchange = exchangeWith({ a: keeping('A'), b: keeping('B') });
  runRequest(exchange);
  runResponse(exchange);
  t.same(seen, ['B', 'A']);
  const other = exchangeWith({ a: keeping('C') });
  runResponse(other);
  t.equal(seen[2], undefined);
});

test('clock, chance and outside answers come from the exchange', async (t) => {
  const seen: unknown[] = [];
  const exchange = exchangeWith({
    a: {
      handlers: {
        request: (view) => {
          seen.push(
            view.now,
            view.random(),
            view.ask('key', () => 42),
            view.revision,
          );
        },
      },
    },
  });
  runRequest(exchange);
  t.same(seen, [1000, 0.25, 42, 7]);
  t.match(exchange.asked, [{ policy: 'a', key: 'key', failed: false }]);
});

test('an exchange has an id in the shape of a random UUID, made of its own chance, unless a policy sets another', async (t) => {
  t.equal(exchangeWith({}).requestId, '40000000-4000-4000-8000-000040000000');
  const exchange = exchangeWith({ a: { handlers: { request: (view) => view.setRequestId('mine') } } });
  runRequest(exchange);
  t.equal(exchange.requestId, 'mine');
});

test('a second, different consumer is 401, the same one again is not', async (t) => {
  const as = (name: string): Made => ({ handlers: { request: (view) => view.identify({ name, labels: {} }) } });
  const two = exchangeWith({ a: as('ann'), b: as('bob') });
  t.equal(runRequest(two), true);
  t.match(problemOf(two), { status: 401, code: 'gateway/second-consumer' });
  const same = exchangeWith({ a: as('ann'), b: as('ann') });
  t.equal(runRequest(same), false);
  t.equal(same.consumer?.name, 'ann');
});

test('a preflight is answered by the first policy that has an answer; one that throws fails closed', async (t) => {
  const answer = { kind: 'respond', status: 204, headers: ['x-a', '1'], body: undefined } as const;
  const exchange = exchangeWith({
    none: { handlers: { preflight: () => undefined } },
    cors: { handlers: { preflight: () => answer } },
  });
  t.equal(runPreflight(exchange), true);
  t.equal(exchange.status, 204);
  const bad = exchangeWith({
    cors: {
      handlers: {
        preflight: () => {
          throw new Error('x');
        },
      },
    },
  });
  t.equal(runPreflight(bad), true);
  t.equal(bad.status, 500);
  t.equal(runPreflight(exchangeWith({})), false);
});

test('a policy that another pipeline has at the same slot sees nothing of this one', async (t) => {
  const seen: unknown[] = [];
  const exchange = exchangeWith({ a: { handlers: { request: (view) => void (view.own = 'a') } } });
  runRequest(exchange);
  exchange.pipeline = exchangeWith({ b: { handlers: { request: (view) => void seen.push(view.own) } } }).pipeline;
  runRequest(exchange);
  t.same(seen, [undefined]);
});

test('body steps see the body in order and may refuse', async (t: Test) => {
  const body: Body = { bytes: new TextEncoder().encode('hello'), text: () => 'hello', replace: () => undefined };
  const exchange = exchangeWith({
    a: { handlers: { requestBody: { limit: 10, run: (_view, seen) => void t.equal(seen.text(), 'hello') } } },
    b: { handlers: { requestBody: { limit: 10, run: () => refusal(422, 'test/body') } } },
  });
  t.equal(runRequestBody(exchange, body), true);
  t.equal(exchange.status, 422);
});

test('a policy that never answers, by the word of its plugin, is broken when it does', async (t) => {
  const respond = { kind: 'respond', status: 200, headers: [], body: 'cached' } as const;
  const answering = (policy: Partial<CheckedPolicy>): Made => ({
    answers: false,
    handlers: { request: () => respond },
    policy,
  });
  const refused = exchangeWith({ liar: answering({}) });
  t.equal(runRequest(refused), true);
  t.match(problemOf(refused), { status: 500, code: 'policy/threw', policy: 'liar' });
  t.match(String(refused.failures[0]?.error), 'plugin test says that it never answers, and did');
  const skipped = exchangeWith({ liar: answering({ onError: 'skip' }) });
  t.equal(runRequest(skipped), false, 'and skipped where the document says so');
  const later = exchangeWith({ honest: { answers: false, handlers: { response: () => respond } } });
  later.answerFromUpstream(502, new HeaderList());
  t.equal(runResponse(later), false);
  t.equal(later.status, 200, 'its response step may replace an answer');
});
