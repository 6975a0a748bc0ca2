import { setTimeout as wait } from 'node:timers/promises';
import { HeaderList } from '@postern/model';
import type { Body, Exchange, Handlers, ResponseExchange } from '@postern/model';
import { test } from 'tap';
import { runDone } from '../src/run-done.ts';
import { runPreflight, runRequest, runRequestBody, runResponse, runResponseBody } from '../src/run.ts';
import { counts, exchangeWith } from './exchange-with.ts';
import type { Made } from './exchange-with.ts';

const shadow = (handlers: Handlers, policy: Made['policy'] = {}): Made => ({ handlers, policy, mode: 'shadow' });
const refusal = (status: number, code: string) =>
  ({ kind: 'refuse', status, code, detail: 'No.', headers: [] }) as const;
const answer = { kind: 'respond', status: 204, headers: ['x-a', '1'], body: undefined } as const;

test('a policy in shadow runs in its place, and what it says ends nothing', async (t) => {
  counts.clear();
  const ran: string[] = [];
  const exchange = exchangeWith({
    a: { handlers: { request: () => void ran.push('a') } },
    tried: shadow({ request: () => (ran.push('tried'), refusal(403, 'test/no')) }),
    other: shadow({ request: () => (ran.push('other'), answer) }),
    b: { handlers: { request: () => void ran.push('b') } },
  });
  t.equal(runRequest(exchange), false);
  t.same(ran, ['a', 'tried', 'other', 'b']);
  t.same([exchange.status, exchange.given, exchange.refusal], [0, [], undefined]);
  t.same(exchange.shadowed, [
    { policy: 'tried', step: 'request', kind: 'refuse', status: 403, code: 'test/no' },
    { policy: 'other', step: 'request', kind: 'respond', status: 204, code: '' },
  ]);
  t.same(
    [...counts],
    [
      ['tried refused', 1],
      ['other responded', 1],
    ],
  );
});

test('no step runs behind an enforced answer, in shadow or not', async (t) => {
  const exchange = exchangeWith({
    no: { handlers: { request: () => refusal(403, 'test/no') } },
    tried: shadow({ request: () => void t.fail('runs after a refusal') }),
  });
  t.equal(runRequest(exchange), true);
});

test('edits, id and consumer of a policy in shadow are dropped, and it sees none of them itself', async (t) => {
  const seen: unknown[] = [];
  const exchange = exchangeWith(
    {
      real: { handlers: { request: ({ outgoing }) => outgoing.set('x-real', '1') } },
      tried: shadow({
        request: (view) => {
          view.outgoing.set('x-tried', '1');
          view.outgoing.remove('x-real');
          view.identify({ name: 'mallory', labels: {} });
          view.setRequestId('mine');
          view.own = 'mine';
          seen.push(view.outgoing.get('x-tried'), view.outgoing.get('x-real'), view.consumer);
        },
        response: ({ response, own }) => {
          response.headers.set('x-tried', '1');
          seen.push(response.headers.has('x-tried'), own);
        },
      }),
      other: shadow({ request: ({ outgoing, own }) => void seen.push(outgoing.get('x-tried'), own) }),
      ann: { handlers: { request: (view) => view.identify({ name: 'ann', labels: {} }) } },
    },
    { 'x-sent': '1' },
  );
  t.equal(runRequest(exchange), false, 'a consumer named in shadow is in conflict with none');
  exchange.answerFromUpstream(200, new HeaderList());
  runResponse(exchange);
  t.same(seen, [undefined, '1', undefined, undefined, undefined, false, 'mine']);
  t.same(exchange.outgoing.pairs, ['x-sent', '1', 'x-real', '1', 'x-consumer-name', 'ann']);
  t.same(exchange.headers.pairs, []);
  t.equal(exchange.consumer?.name, 'ann');
  t.not(exchange.requestId, 'mine');
  t.same(
    exchange.edits.map(({ policy, operation, dropped }) => `${policy} ${operation} ${dropped}`),
    ['real set false', 'tried set true', 'tried remove true', 'ann set false', 'tried set true'],
  );
});

test('a policy in shadow owns no header', async (t) => {
  const exchange = exchangeWith({
    owner: { handlers: { response: () => undefined }, owns: ['access-control-'], mode: 'shadow' },
    other: { handlers: { response: ({ response }) => response.headers.set('access-control-allow-origin', '*') } },
  });
  runResponse(exchange);
  t.equal(exchange.headers.get('access-control-allow-origin'), '*');
});

test('a promise in shadow is not waited for; what it says in the end is counted', async (t) => {
  counts.clear();
  let release: (value: unknown) => void = () => undefined;
  const later = new Promise((resolve) => {
    release = resolve;
  });
  const exchange = exchangeWith({
    tried: shadow({ request: () => later.then(() => refusal(403, 'test/later')) }),
    rejects: shadow({ request: () => Promise.reject(new Error('x')) }),
    next: { handlers: { request: ({ outgoing }) => outgoing.set('x-next', '1') } },
  });
  t.equal(runRequest(exchange), false, 'synchronous all the same');
  t.equal(exchange.outgoing.get('x-next'), '1');
  release(undefined);
  await wait(1);
  t.same(Object.fromEntries(counts), { 'rejects failed': 1, 'tried refused': 1 });
  t.equal(exchange.shadowed.length, 2);
});

test('a promise in shadow holds the snapshot until it ends, or its time is up', async (t) => {
  counts.clear();
  const exchange = exchangeWith({
    tried: shadow({ request: () => wait(10) }),
    never: shadow({ request: () => new Promise<void>(() => undefined) }, { timeout: 60 }),
  });
  const { snapshot } = exchange;
  snapshot.lease();
  runRequest(exchange);
  runDone(exchange);
  snapshot.release();
  snapshot.retire();
  t.equal(snapshot.closed, false, 'no policy is closed under its own step');
  await wait(25);
  t.equal(snapshot.closed, false);
  while (!snapshot.closed) await wait(5);
  t.same([...counts], [['never failed', 1]]);
  t.match(exchange.shadowed, [{ policy: 'never', kind: 'failed', code: 'policy/timed-out', status: 504 }]);
});

const strange: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('x');
  },
  'throws null': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- what plugins do
    throw null;
  },
  'returns a word': () => 'yes',
  'returns a verdict without status': () => ({ kind: 'refuse' }),
  'resolves to a word': async () => 'yes',
  'returns a thenable that throws': () => ({
    // oxlint-disable-next-line unicorn/no-thenable -- what plugins do
    then: () => {
      throw new Error('x');
    },
  }),
};
for (const [name, run] of Object.entries(strange)) {
  for (const step of ['request', 'response', 'preflight', 'requestBody', 'responseBody'] as const) {
    test(`a ${step} step in shadow that ${name} is counted as failed and harms nothing`, async (t) => {
      counts.clear();
      // As a plugin in JavaScript: no type keeps it from that.
      const handlers: Record<string, unknown> = {};
      handlers[step] = step.endsWith('Body') ? { limit: 10, run } : run;
      const exchange = exchangeWith({ tried: shadow(handlers) });
      const walks = { preflight: runPreflight, request: runRequest, response: runResponse } as const;
      if (step === 'requestBody') t.equal(runRequestBody(exchange, bodyOf('hello')), false);
      else if (step === 'responseBody') t.equal(runResponseBody(exchange, bodyOf('hello')), false);
      else t.equal(walks[step](exchange), false);
      await wait(1);
      t.same([...counts], [['tried failed', 1]]);
      t.same([exchange.status, exchange.failures], [0, []]);
    });
  }
}

function bodyOf(text: string): Body & { replaced: boolean } {
  return {
    bytes: new TextEncoder().encode(text),
    replaced: false,
    text: () => text,
    replace() {
      this.replaced = true;
    },
  };
}

test('a body step in shadow gets a copy, and over its own limit would have refused', async (t) => {
  const body = bodyOf('hello');
  const seen: string[] = [];
  const exchange = exchangeWith({
    tried: shadow({
      requestBody: {
        limit: 10,
        run(_view, copy) {
          seen.push(copy.text());
          copy.bytes.fill(0);
          copy.replace('other');
        },
      },
    }),
    small: shadow({ requestBody: { limit: 4, run: () => void t.fail('runs over its limit') } }),
    real: { handlers: { requestBody: { limit: 10, run: (_view, { bytes }) => void seen.push(bytes.join(' ')) } } },
  });
  t.equal(runRequestBody(exchange, body), false);
  t.same(seen, ['hello', '104 101 108 108 111']);
  t.equal(body.replaced, false);
  t.match(exchange.shadowed, [{ policy: 'small', kind: 'refuse', status: 413, code: 'gateway/body-too-large' }]);
  t.equal(exchange.shadowed.length, 1);
});

test('the enforced policy answers a preflight, or none; after a shadow answered it only its done step runs', async (t) => {
  const ran: string[] = [];
  const all = (name: string): Handlers => ({
    preflight: () => (ran.push(`${name} preflight`), answer),
    request: () => void ran.push(`${name} request`),
    response: () => void ran.push(`${name} response`),
    done: () => void ran.push(`${name} done`),
  });
  const exchange = exchangeWith({ tried: shadow(all('tried')), real: { handlers: all('real') } });
  t.equal(runPreflight(exchange), true);
  t.same(exchange.madeBy, { kind: 'policy', policy: 'real' });
  t.match(exchange.shadowed, [{ policy: 'tried', step: 'preflight', kind: 'respond', status: 204 }]);
  const alone = exchangeWith({ tried: shadow(all('tried')) });
  ran.length = 0;
  t.equal(runPreflight(alone), false);
  runRequest(alone);
  runResponse(alone);
  runDone(alone);
  t.same(ran, ['tried preflight', 'tried done']);
});

test('a body step does not run where its own request step would have turned the request away', async (t) => {
  const body = { limit: 10, run: () => void t.fail('runs after a refusal') };
  const refuses = exchangeWith({ a: shadow({ request: () => refusal(401, 'test/no'), requestBody: body }) });
  runRequest(refuses);
  runRequestBody(refuses, bodyOf('hello'));
  let ran = 0;
  const request = (): never => {
    throw new Error('x');
  };
  const requestBody = { limit: 10, run: () => void (ran += 1) };
  const skipped = exchangeWith({ a: shadow({ request, requestBody }, { onError: 'skip' }) });
  runRequest(skipped);
  runRequestBody(skipped, bodyOf('hello'));
  t.equal(ran, 1);
});

test('done sees what shadows would have done, and one that breaks there is counted', async (t) => {
  counts.clear();
  const seen: unknown[] = [];
  // The contract says that done returns nothing, and a plugin in JavaScript does this all the same.
  const rejecting: Record<string, unknown> = { done: () => Promise.reject(new Error('x')) };
  const exchange = exchangeWith({
    tried: shadow({
      request: () => refusal(403, 'test/no'),
      ...rejecting,
    }),
    log: { handlers: { done: ({ shadowed }) => void seen.push(...shadowed.map(({ policy }) => policy)) } },
    breaks: { handlers: { ...rejecting } },
  });
  runRequest(exchange);
  runDone(exchange);
  t.same(seen, ['tried']);
  await wait(1);
  t.same(Object.fromEntries(counts), { 'breaks failed': 1, 'tried failed': 1, 'tried refused': 1 });
});

test('an exchange without shadows keeps no list of its own', async (t) => {
  const one = exchangeWith({ a: { handlers: { request: () => undefined } } });
  const two = exchangeWith({});
  runRequest(one);
  t.equal(one.shadowed, two.shadowed);
});

test('a late policy in shadow changes nothing any more, and its later steps run', async (t) => {
  let view: Exchange | undefined;
  const seen: number[] = [];
  const exchange = exchangeWith({
    tried: shadow(
      {
        request: (own) => {
          view = own;
          return new Promise<void>(() => undefined);
        },
        response: ({ response }: ResponseExchange) => void seen.push(response.status),
      },
      { timeout: 5 },
    ),
  });
  runRequest(exchange);
  while (exchange.shadowed.length === 0) await wait(5);
  const { length } = exchange.edits;
  view?.outgoing.set('x-late', '1');
  t.equal(exchange.edits.length, length);
  exchange.answerFromUpstream(200, new HeaderList());
  runResponse(exchange);
  t.same(seen, [200]);
});
