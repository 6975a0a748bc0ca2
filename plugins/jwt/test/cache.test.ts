import { testContext, testExchange } from '@postern/kit/testkit';
import type { TestExchange } from '@postern/kit/testkit';
import type { Handlers } from '@postern/kit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import { jwksServerFor } from '../../../test/kit/jwks-server.ts';
import { until } from '../../../test/kit/until.ts';
import { bearer, forged, pairOf, SECRET, token } from './tokens.ts';

function compile(config: object): { readonly handlers: Handlers; readonly counts: ReadonlyMap<string, number> } {
  const context = testContext();
  const compiled = jwt.compile(config, context);
  if (Array.isArray(compiled)) throw new Error(JSON.stringify(compiled));
  return { handlers: compiled as Handlers, counts: context.counts };
}

const showing = (text: string): TestExchange => testExchange({ headers: bearer(text) });

test('a promise comes only where a signature is checked or keys are fetched; a cached token is judged at once', async (t) => {
  const pair = pairOf('p256');
  const server = await jwksServerFor(t);
  server.publish(pair.jwk);
  for (const config of [{ secret: SECRET }, { jwksUri: server.uri }, { jwks: { keys: [pair.jwk] } }]) {
    const { handlers } = compile(config);
    t.teardown(() => handlers.close?.());
    const text =
      'secret' in config ? await token({ alg: 'HS256' }, SECRET, {}) : forged({ alg: 'ES256' }, pair.privateKey, {});
    const first = handlers.request?.(showing(text));
    t.ok(first instanceof Promise);
    await first;
    // A request waits for keys for 0.9 s, and a busy machine may take longer to bring them.
    await until(async () => (await handlers.request?.(showing(text))) === undefined, 'never let in');
    const again = showing(text);
    t.equal(handlers.request?.(again), undefined, 'no promise, and no verdict');
    t.ok(Object.isFrozen(again.claims), 'the claims are there');
    t.match(handlers.request?.(showing('x.y.z')), { code: 'jwt/invalid' }, 'nor for what is no token');
    t.match(handlers.request?.(testExchange()), { code: 'jwt/missing' });
  }
});

test('the cache is bounded by what it holds', async (t) => {
  const { handlers, counts } = compile({ secret: SECRET });
  const pad = 'x'.repeat(4000);
  const first = await token({ alg: 'HS256' }, SECRET, { jti: 0, pad });
  t.equal(await handlers.request?.(showing(first)), undefined);
  // Each takes about 28,000 of 16 MiB.
  for (let jti = 1; jti <= 650; jti += 1)
    await handlers.request?.(showing(await token({ alg: 'HS256' }, SECRET, { jti, pad })));
  t.equal(counts.get('tokens_verified'), 651);
  t.equal(await handlers.request?.(showing(first)), undefined);
  t.equal(counts.get('tokens_verified'), 652, 'the oldest was forgotten');
});
