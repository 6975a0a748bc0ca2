import { tryPlugin } from '@postern/kit/testkit';
import type { TriedPlugin } from '@postern/kit/testkit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import type { Test } from 'tap';
import { jwksServerFor, saying } from '../../../test/kit/jwks-server.ts';
import type { JwksAnswer, JwksServer } from '../../../test/kit/jwks-server.ts';
import { bearer, forged, NOW, pairOf, said } from './tokens.ts';
import type { Pair } from './tokens.ts';
import { until } from '../../../test/kit/until.ts';

const one = pairOf('p256', { kid: 'one' });
const two = pairOf('p256', { kid: 'two' });

/** A policy that fetches its keys from a server of lies, with a clock that the test sets. */
interface Scene {
  readonly server: JwksServer;
  readonly policy: TriedPlugin;
  /** Sends a token of that pair so many seconds after `NOW`; each is another text, so that no cache of tokens has it. */
  readonly send: (pair: Pair, at: number) => Promise<string>;
  /** Sends until that is the answer: a request waits for keys for 0.9 s, and a busy machine may take longer to bring them. */
  readonly until: (pair: Pair, at: number, wanted: string) => Promise<void>;
  /** Waits until so many fetches have failed. */
  readonly failed: (count: number) => Promise<void>;
}

async function sceneFor(t: Test, config: object = {}): Promise<Scene> {
  const server = await jwksServerFor(t);
  const policy = tryPlugin(jwt, { config: { jwksUri: server.uri, audience: 'shop', ...config } });
  t.teardown(() => policy.close());
  let sent = 0;
  const send = async (pair: Pair, at: number): Promise<string> => {
    const claims = { aud: 'shop', jti: (sent += 1), exp: NOW + 1e6 };
    const text = forged({ alg: 'ES256', kid: pair.jwk['kid'] }, pair.privateKey, claims);
    return said(await policy.send({ headers: bearer(text), now: (NOW + at) * 1000 }));
  };
  return {
    server,
    policy,
    send,
    until: (pair, at, wanted) => until(async () => (await send(pair, at)) === wanted, `never ${wanted}`),
    failed: (count) => until(async () => (policy.counts.get('keys_failed') ?? 0) >= count, `never ${count} failed`),
  };
}

test('keys are fetched once, by the first request that needs them, and kept as long as the config says', async (t) => {
  const { server, policy, send, until: sendUntil } = await sceneFor(t, { jwksCache: '1m' });
  server.publish(one.jwk);
  t.equal(server.asked.length, 0, 'compiling fetches nothing');
  await Promise.all([send(one, 0), send(one, 0), send(one, 0), send(one, 0)]);
  await sendUntil(one, 0, '200');
  t.equal(server.asked.length, 1, 'one at a time');
  t.equal(await send(one, 59), '200');
  t.equal(server.asked.length, 1);
  t.equal(await send(one, 121), '200', 'too old to be used without a look');
  t.equal(server.asked.length, 2);
  await until(async () => policy.counts.get('keys_fetched') === 2, 'never fetched');
});

test('keys that are a little stale are used while new ones are fetched', async (t) => {
  const { server, send, until: sendUntil } = await sceneFor(t, { jwksCache: '1m' });
  server.publish(one.jwk);
  await sendUntil(one, 0, '200');
  let asked = 0;
  // It never answers: whoever waited for it would be late.
  server.answer = () => void (asked += 1);
  t.equal(await send(one, 61), '200');
  t.equal(await send(one, 62), '200');
  t.ok(asked <= 1, `${asked} at once`);
});

test('a rotated key is found by its kid, and an invented kid makes at most one fetch per cooldown', async (t) => {
  const { server, send, until: sendUntil } = await sceneFor(t);
  server.publish(one.jwk);
  await sendUntil(one, 0, '200');
  server.publish(two.jwk, one.jwk);
  await sendUntil(two, 5, '200');
  t.equal(server.asked.length, 2);
  const invented = { ...two, jwk: { kid: 'x' } };
  for (let time = 0; time < 20; time += 1) t.equal(await send(invented, 6), '401 jwt/invalid');
  t.equal(server.asked.length, 2);
  t.equal(await send(invented, 36), '401 jwt/invalid');
  t.equal(await send(invented, 36), '401 jwt/invalid');
  t.equal(server.asked.length, 3);
  t.equal(await send(two, 36), '200');
});

test('what a key signed that is published no longer counts no longer, though it was verified before', async (t) => {
  const { server, policy } = await sceneFor(t, { jwksCache: '1m' });
  server.publish(one.jwk);
  const headers = bearer(forged({ alg: 'ES256', kid: 'one' }, one.privateKey, { aud: 'shop' }));
  const at = async (seconds: number): Promise<string> =>
    said(await policy.send({ headers, now: (NOW + seconds) * 1000 }));
  await until(async () => (await at(0)) === '200', 'never let in');
  t.equal(await at(1), '200');
  t.equal(policy.counts.get('tokens_from_cache'), 1, 'it was verified once');
  server.publish(one.jwk);
  t.equal(await at(200), '200');
  await until(async () => policy.counts.get('keys_fetched') === 2, 'never fetched');
  t.equal(await at(200), '200');
  t.equal(policy.counts.get('tokens_verified'), 1, 'the same keys, fetched anew, verify nothing anew');
  server.publish(two.jwk);
  await until(async () => (await at(400)) === '401 jwt/invalid', 'never refused');
});

test('a server that lies, hangs or is gone is no reason to let anybody in, nor for a 500', async (t) => {
  const big = JSON.stringify({ keys: [one.jwk], pad: 'x'.repeat(300_000) });
  const many = JSON.stringify({ keys: Array.from({ length: 101 }, () => one.jwk) });
  const privateJwk = { ...one.privateKey.export({ format: 'jwk' }), kid: 'one' };
  const published = JSON.stringify({ keys: [one.jwk] });
  const lies: Readonly<Record<string, JwksAnswer>> = {
    HTML: saying('<html>Sign in</html>', 'text/html'),
    'a huge answer': saying(big),
    'an answer without end': (response) => {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    },
    'half an answer': saying(published.slice(0, -5)),
    'a cut answer': (response) => {
      response.writeHead(200, { 'content-length': published.length });
      response.write(published.slice(0, 20), () => response.destroy());
    },
    nothing: saying(''),
    'a list': saying(JSON.stringify([one.jwk])),
    null: saying('null'),
    'no keys': saying('{"keys":[]}'),
    'keys that are none': saying('{"keys":[1,null,"x",[],{}]}'),
    'keys as a map': saying(JSON.stringify({ keys: { one: one.jwk } })),
    'too many keys': saying(many),
    'bytes that are no UTF-8': (response) => void response.end(Buffer.from([0xff, 0xfe, 0x7b])),
    'a secret among its keys': saying(JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'one' }] })),
    'its private key': saying(JSON.stringify({ keys: [privateJwk] })),
    'an error': saying(published, 'application/json', 500),
    'no content': saying('', 'application/json', 204),
    'a redirect': (response) => void response.writeHead(302, { location: '/other.json' }).end(),
    'a closed connection': (response) => response.destroy(),
    'no HTTP': (response) => void response.socket?.end('hello'),
    'a gzipped answer': (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  };
  for (const [name, answer] of Object.entries(lies)) {
    const { server, policy, send, until: sendUntil, failed } = await sceneFor(t);
    server.answer = answer;
    t.equal(await send(one, 0), '503 jwt/keys-unavailable', name);
    await failed(1);
    t.same(server.asked, ['/jwks.json'], `${name}: no redirect is followed, nothing is tried twice`);
    t.equal(policy.counts.get('keys_failed'), 1, name);
    t.match(policy.written, [{ policy: 'policy', msg: 'keys not fetched', reason: String }], name);
    server.publish(one.jwk);
    t.equal(await send(one, 0.5), '503 jwt/keys-unavailable', `${name}: it is left alone for a moment`);
    await sendUntil(one, 1, '200');
  }
});

test('a server that hangs holds nobody up for longer than a policy may take, and is left alone for longer each time', async (t) => {
  const { server, policy, send, until: sendUntil, failed } = await sceneFor(t);
  server.answer = () => undefined;
  t.equal(await send(one, 0), '503 jwt/keys-unavailable');
  await until(async () => server.asked.length === 1, 'never asked');
  t.equal(await send(one, 0), '503 jwt/keys-unavailable', 'while the fetch is under way, nobody begins another');
  t.equal(server.asked.length, 1);
  await failed(1);
  server.answer = (response) => response.destroy();
  let at = 1;
  let failures = 1;
  for (const pause of [2, 4, 8, 16, 32, 60, 60]) {
    const before = server.asked.length;
    t.equal(await send(one, at), '503 jwt/keys-unavailable');
    await failed((failures += 1));
    t.equal(server.asked.length, before + 1, `asked at ${at} s`);
    const refused = await policy.send({
      headers: bearer(forged({ alg: 'ES256' }, one.privateKey)),
      now: (NOW + at + pause - 1) * 1000,
    });
    t.equal(said(refused), '503 jwt/keys-unavailable');
    t.equal(refused.headers['retry-after'], '1', 'Retry-After says when it will be asked again');
    t.equal(server.asked.length, before + 1, `not asked at ${at + pause - 1} s`);
    at += pause;
  }
  server.publish(one.jwk);
  await sendUntil(one, at, '200');
});

test('keys that were fetched once serve for an hour beyond their time when no new ones can be had', async (t) => {
  const { server, send, until: sendUntil } = await sceneFor(t, { jwksCache: '10m' });
  server.publish(one.jwk);
  await sendUntil(one, 0, '200');
  server.answer = saying('gone', 'text/plain', 503);
  t.equal(await send(one, 1300), '200');
  t.equal(await send(one, 4199), '200');
  t.equal(await send(one, 4200), '503 jwt/keys-unavailable', 'then nobody gets in any more');
  server.publish(two.jwk);
  await sendUntil(two, 4300, '200');
  t.equal(await send(one, 4300), '401 jwt/invalid');
});

test('a clock that is set back makes no old keys new, and no pause endless', async (t) => {
  const { server, send, until: sendUntil } = await sceneFor(t, { jwksCache: '10m' });
  server.publish(one.jwk);
  await sendUntil(one, 0, '200');
  server.publish(two.jwk);
  await sendUntil(two, -86_400, '200');
  server.answer = saying('', 'text/plain', 500);
  t.equal(await send(two, -80_000), '503 jwt/keys-unavailable');
  server.publish(two.jwk);
  await sendUntil(two, -90_000, '200');
});

test('a key without alg, in a set with things that nobody knows, is a key', async (t) => {
  const { server, send, until: sendUntil } = await sceneFor(t);
  const { alg: _alg, ...plain } = one.jwk;
  server.answer = saying(
    JSON.stringify({
      more: 1,
      keys: [
        { kty: 'AKP', pub: 'x' },
        { ...two.jwk, use: 'enc' },
        { ...plain, x5c: ['x'], x5t: 'y' },
      ],
    }),
    'text/plain',
  );
  await sendUntil(one, 0, '200');
  t.equal(await send(two, 0), '401 jwt/invalid', 'what is for encryption signs nothing');
});

test('what a decision keeps of the keys is public, and enough to replay it', async (t) => {
  const { server, policy } = await sceneFor(t);
  server.publish(one.jwk, { ...two.privateKey.export({ format: 'jwk' }), kid: 'private' });
  const request = { headers: bearer(forged({ alg: 'ES256', kid: 'one' }, one.privateKey, { aud: 'shop' })) };
  await until(async () => said(await policy.send(request)) === '200', 'never let in');
  const other = tryPlugin(jwt, { config: { jwksUri: 'http://127.0.0.1:1/', audience: 'shop' } });
  t.equal(said(await other.send({ ...request, outside: { keys: { keys: [one.jwk] } } })), '200');
  t.equal(
    said(await other.send({ ...request, outside: { keys: { keys: [two.jwk] }, 'keys again': { keys: [two.jwk] } } })),
    '401 jwt/invalid',
  );
  t.equal(
    said(await other.send({ ...request, outside: { keys: { keys: [two.jwk] }, 'keys again': { keys: [one.jwk] } } })),
    '200',
  );
  for (const answer of [
    null,
    1,
    'x',
    [],
    {},
    { keys: 1 },
    { keys: [two.privateKey.export({ format: 'jwk' })] },
    { retryAfter: 9 },
  ])
    t.equal(said(await other.send({ ...request, outside: { keys: answer } })), '503 jwt/keys-unavailable');
});

test('closing a policy ends its fetch, and nothing keeps the process', async (t) => {
  const { server, policy, send } = await sceneFor(t);
  let closed = false;
  server.answer = (response) => void response.on('close', () => (closed = true));
  const answer = send(one, 0);
  while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  policy.close();
  t.equal(await answer, '503 jwt/keys-unavailable');
  while (!closed) await new Promise((resolve) => setTimeout(resolve, 2));
  t.equal(policy.counts.get('keys_failed'), undefined, 'that is no failure of the server');
});
