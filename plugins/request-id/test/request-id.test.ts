import { testContext, testExchange } from '@postern/kit/testkit';
import type { Handlers } from '@postern/kit';
import requestId from '@postern/plugin-request-id';
import { test } from 'tap';

/** The id that exchanges of tests have when no policy sets another. */
const MADE = 'test-request';

function compile(config: object): Handlers {
  const compiled = requestId.compile(config, testContext());
  if (Array.isArray(compiled)) throw new Error(JSON.stringify(compiled));
  return compiled as Handlers;
}

/** Runs the steps as a pipeline does; returns the id at each of its three places. */
function run(config: object, headers: Record<string, string> = {}): readonly (string | undefined)[] {
  const steps = compile(config);
  const exchange = testExchange({ headers });
  void steps.request?.(exchange);
  void steps.response?.(exchange);
  const name = (config as { header?: string }).header?.toLowerCase() ?? 'x-request-id';
  return [exchange.requestId, exchange.outgoing.get(name), exchange.response.headers.get(name)];
}

test('gives log, upstream and client the one id of the exchange', async (t) => {
  t.strictSame(run({}), [MADE, MADE, MADE]);
});

test('overwrites the id of a client that is not trusted', async (t) => {
  const [id, sent] = run({}, { 'x-request-id': 'mine' });
  t.equal(id, MADE);
  t.equal(sent, id);
});

test('takes the id of a client when told to trust it', async (t) => {
  t.strictSame(run({ trust: true }, { 'x-request-id': 'mine-1' }), ['mine-1', 'mine-1', 'mine-1']);
});

test('makes its own where the id of a trusted client is absent, empty, too long or no token', async (t) => {
  for (const sent of [undefined, '', 'x'.repeat(129), 'two words', 'a,b', 'é', '"quoted"', '<b>']) {
    t.equal(run({ trust: true }, sent === undefined ? {} : { 'x-request-id': sent })[0], MADE, String(sent));
  }
  t.equal(run({ trust: true }, { 'x-request-id': 'x'.repeat(128) })[0], 'x'.repeat(128));
});

test('uses another header when told to, whatever its case', async (t) => {
  t.strictSame(run({ header: 'X-Correlation-Id', trust: true }, { 'x-correlation-id': 'c-1' }), ['c-1', 'c-1', 'c-1']);
});

test('puts the id on answers whose request never reached the request step', async (t) => {
  const exchange = testExchange({}, { status: 404, madeBy: { kind: 'gateway' } });
  void compile({}).response?.(exchange);
  t.equal(exchange.response.headers.get('x-request-id'), 'test-request');
});

test('refuses a header name that is none or that the gateway writes itself', async (t) => {
  for (const header of ['', 'x request', 'x:y', 'Host', 'content-length', 'Connection']) {
    t.match(
      requestId.compile({ header }, testContext()),
      [{ code: 'request-id/header-name', path: ['header'] }],
      header,
    );
  }
});
