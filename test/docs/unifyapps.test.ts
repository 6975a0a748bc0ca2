/**
 * The eight policy types of UnifyApps' API Manager, each an example document: its own policy tests hold, and a gateway on it, in front of a
 * real upstream, answers as the first line of the example says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'tap';
import type { Test } from 'tap';
import { run } from '../../packages/postern/test/spawn.ts';
import { gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { needsRedis, redisServerFor } from '../kit/redis-server.ts';
import { upstreamFor } from '../kit/upstream.ts';

const FOLDER = 'examples/unifyapps';
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

type Ask = (line: string, headers?: Readonly<Record<string, string>>, body?: string) => Promise<RawAnswer>;

/** Serves an example; what it names of the outside is put in the place of what it says. */
async function serve(t: Test, name: string, outside: Readonly<Record<string, string>> = {}): Promise<Ask> {
  const upstream = await upstreamFor(t, (_asked, response, { url: path, headers, body }) => {
    response.setHeader('content-type', 'application/json').setHeader('x-powered-by', 'something');
    response.end(JSON.stringify({ path, headers, body: body.toString() }));
  });
  let text = readFileSync(`${FOLDER}/${name}.yaml`, 'utf8')
    .replace('127.0.0.1:8080 }]', '127.0.0.1:0 }]\n  admin: { address: 127.0.0.1:0 }')
    .replace('builtin: echo', `targets: ["${upstream.url}"]`);
  for (const [written, meant] of Object.entries(outside)) text = text.replace(written, meant);
  const gateway = await gatewayFor(t, text);
  return (line, headers = {}, body = '') => request(gateway.port(), line, Object.entries(headers), body);
}

const statusesOf = async (asked: readonly Promise<RawAnswer>[]): Promise<readonly number[]> =>
  (await Promise.all(asked)).map(({ status }) => status);

test('there is an example for each of the eight, and the tests in them hold', async (t) => {
  t.equal(names.length, 8);
  for (const name of names) {
    const { code, out, err } = await run(['check', '--strict', `${FOLDER}/${name}`], { cwd: process.cwd() });
    t.equal(code, 0, `${name}: ${out}${err}`);
  }
});

test('rate limiting: three at once, and the fourth is told when to come back', async (t) => {
  const ask = await serve(t, 'rate-limiting');
  const answers = [
    await ask('GET /orders'),
    await ask('GET /orders'),
    await ask('GET /orders'),
    await ask('GET /orders'),
  ];
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 429],
  );
  t.match(answers[3]?.header('retry-after'), /^[1-6]$/);
});

test('usage quota: what is used up is counted in Redis, for each consumer', needsRedis(), async (t) => {
  const redis = await redisServerFor(t);
  const ask = await serve(t, 'usage-quota', { 'limit: 1000': 'limit: 2', 'redis://127.0.0.1:6379': redis.url });
  const key = { 'x-api-key': 'acme has a key of thirty characters' };
  const statuses = [];
  for (let at = 0; at < 3; at += 1) statuses.push((await ask('GET /orders', key)).status);
  t.same([...statuses, (await ask('GET /orders')).status], [200, 200, 429, 401]);
});

test('request validator: only what fits the schema goes upstream', async (t) => {
  const ask = await serve(t, 'request-validator');
  const json = { 'content-type': 'application/json' };
  t.same(
    await statusesOf([
      ask('POST /orders', json, '{"item": "anchor", "amount": 2}'),
      ask('POST /orders', json, '{"item": "anchor"}'),
      ask('POST /orders?dryRun=2', json, '{"item": "anchor", "amount": 2}'),
    ]),
    [200, 400, 400],
  );
});

test('JWT validation: a token of the issuer, and what it says, let a request in', async (t) => {
  const ask = await serve(t, 'jwt-validation');
  const tokens = [...readFileSync(`${FOLDER}/jwt-validation.yaml`, 'utf8').matchAll(/Bearer (eyJ\S+)"/g)].map(
    ([, token = '']) => ({ authorization: `Bearer ${token}` }),
  );
  t.equal(tokens.length, 2);
  t.same(
    await statusesOf([ask('GET /orders'), ask('GET /orders', tokens[0]), ask('GET /orders', tokens[1])]),
    [401, 200, 403],
  );
});

test('CORS: a preflight of an allowed site is answered, others get no permission', async (t) => {
  const ask = await serve(t, 'cors');
  const preflight = { origin: 'https://pr-7.preview.example.com', 'access-control-request-method': 'PUT' };
  const answer = await ask('OPTIONS /orders/7', preflight);
  t.equal(answer.status, 204);
  t.equal(answer.header('access-control-allow-origin'), preflight.origin);
  const stranger = await ask('GET /orders/7', { origin: 'https://evil.example' });
  t.equal(stranger.header('access-control-allow-origin'), undefined);
});

test('IP-based access control: the address that the trusted proxy names counts', async (t) => {
  const ask = await serve(t, 'ip-access-control');
  const from = (address: string): Promise<RawAnswer> => ask('GET /orders', { 'x-forwarded-for': address });
  t.same(
    await statusesOf([from('203.0.113.7'), from('203.0.113.66'), from('198.51.100.1'), ask('GET /orders')]),
    [200, 403, 403, 403],
  );
});

test('request transformer: headers, query, body and path are rewritten on the way up', async (t) => {
  const ask = await serve(t, 'request-transformer');
  const answer = await ask(
    'POST /orders/7?q=anchor',
    { 'content-type': 'application/json', 'x-debug': '1' },
    '{"currency": "usd", "amount": 5}',
  );
  const seen = JSON.parse(answer.body);
  t.equal(seen.path, '/v2/orders/7?search=anchor');
  t.equal(seen.body, '{"currency": "EUR", "amount": 5}');
  t.match(seen.headers, { 'x-tenant': 'acme', 'x-debug': undefined });
});

test('response transformer: headers and body are rewritten on the way down', async (t) => {
  const ask = await serve(t, 'response-transformer');
  const answer = await ask('GET /orders/7');
  t.equal(answer.header('x-powered-by'), undefined);
  t.equal(answer.header('x-api-version'), '2');
  t.same(Object.keys(JSON.parse(answer.body)), ['target', 'body']);
});
