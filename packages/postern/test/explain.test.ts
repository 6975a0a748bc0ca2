import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decision } from '@postern/model';
import { test } from 'tap';
import { gatewayFor } from '../../../test/kit/gateway.ts';
import { request } from '../../../test/kit/raw-client.ts';
import { explainedRequest } from '../src/explain-request.ts';
import { run } from './spawn.ts';

const DOCUMENT = `gateway:
  policies: [id]
upstreams: [{ name: shop, targets: ["http://127.0.0.1:9000/base"] }]
policies:
  - { name: id, plugin: request-id, config: { trust: true } }
  - name: web
    plugin: cors
    config: { allowOrigins: ["https://app.example.com"], enforcement: strict }
  - { name: mark, plugin: headers, config: { request: { set: { x-mark: yes } }, response: { remove: [x-up] } } }
apiGroups:
  - name: store
    hosts: [shop.test]
    basePath: /shop
    stripBasePath: true
    upstream: shop
    policies: [web, mark]
    routes:
      - { name: one, path: "/items/{id}", methods: [GET] }
      - { name: rest, path: /* }
`;

const ID = ['-H', 'X-Request-Id: the-id'];

test('explain prints route, policies, answer and what the upstream gets, at a glance', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const words = ['explain', 'GET', 'http://shop.test/shop/items/7?a=1', ...ID, '-H', 'Cookie: a=b'];
  const { code, out } = await run([...words, '-H', 'Origin: https://app.example.com'], { cwd });
  t.equal(code, 0);
  t.matchSnapshot(out);
});

test('explain prints who refused, at which line, and what was never reached', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const words = ['explain', 'gateway.yaml', 'GET', 'http://shop.test/shop/items/7', ...ID];
  const { code, out } = await run([...words, '-H', 'Origin: https://evil.example'], { cwd });
  t.equal(code, 0);
  t.matchSnapshot(out);
});

test('explain explains a request that no route takes, and one that the gate turns away', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const lost = await run(['explain', 'GET', 'http://other.test/shop/items/7', ...ID], { cwd });
  t.equal(lost.code, 0);
  t.matchSnapshot(lost.out);
  const turned = await run(['explain', 'GET', 'http://shop.test/shop/../etc'], { cwd });
  t.equal(turned.code, 0);
  t.matchSnapshot(turned.out);
});

test('explain prints a preflight that cors answers', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const words = ['explain', 'OPTIONS', 'http://shop.test/shop/items/7', ...ID, '--from', '203.0.113.9', '--http', '2'];
  const headers = ['-H', 'Origin: https://app.example.com', '-H', 'Access-Control-Request-Method: GET'];
  const { code, out } = await run([...words, ...headers], { cwd });
  t.equal(code, 0);
  t.matchSnapshot(out);
});

test('explain --json is one decision', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const words = ['explain', 'PUT', 'http://shop.test/shop/x', '--data', '{"a":1}', '--json'];
  const { code, out } = await run(words, { cwd });
  t.equal(code, 0);
  const decision: Decision = JSON.parse(out);
  t.match(decision, {
    route: { group: 'store', route: 'rest', pattern: '/shop/*', file: 'gateway.yaml', line: 19 },
    answer: { status: 200, madeBy: 'upstream' },
    upstream: { name: 'shop', path: '/base/x' },
  });
  t.equal(new Map(decision.upstream?.headers).get('content-length'), '7');
});

test('explain believes trusted proxies as a gateway does', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': `server: { trustedProxies: [127.0.0.0/8] }\n${DOCUMENT}` });
  const words = ['explain', 'GET', 'http://shop.test/shop/x', '-H', 'X-Forwarded-For: 203.0.113.9', '--json'];
  const { out } = await run([...words, '-H', 'X-Forwarded-Proto: https'], { cwd });
  const decision: Decision = JSON.parse(out);
  t.match(decision.request, { clientAddress: '203.0.113.9', scheme: 'https' });
});

test('explain tells wrong usage and wrong documents apart', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT, 'bad.yaml': 'polices: []\n' });
  for (const [words, message] of [
    [['explain'], /missing required argument/],
    [['explain', 'GET'], /name a method and a URL/],
    [['explain', 'gateway.yaml', 'GET'], /GET looks like a method/],
    [['explain', 'a', 'b', 'c', 'd'], /too many arguments/],
  ] as const)
    t.match(await run(words, { cwd }), { code: 2, err: message }, words.join(' '));
  t.match(await run(['explain', 'bad.yaml', 'GET', 'http://a.test/'], { cwd }), {
    code: 1,
    err: /bad\.yaml:1:1: error/,
  });
  t.match(await run(['explain', 'none.yaml', 'GET', 'http://a.test/'], { cwd }), { code: 1, err: /none\.yaml/ });
});

test('explain refuses what is no request', async (t) => {
  const usual = { header: [], from: '127.0.0.1', http: '1.1', json: false };
  t.throws(() => explainedRequest('GET', '/items', usual), { message: '/items is no URL: write http://host/path' });
  const url = 'http://a.test/';
  t.throws(() => explainedRequest('GET', url, { ...usual, header: ['nonsense'] }), {
    message: /nonsense is no header/,
  });
  t.throws(() => explainedRequest('GET', url, { ...usual, from: 'here' }), { message: /here is no IP address/ });
  t.throws(() => explainedRequest('GET', url, { ...usual, http: '3' }), { message: /3 is no version of HTTP/ });
  t.match(explainedRequest('GET', 'https://a.test:8443/a/../b', usual), { target: '/a/../b', port: 8443 });
  t.match(explainedRequest('GET', 'http://a.test?a=1', usual), { target: '/?a=1', port: 80 });
});

test('replay of a kept decision is identical under its document, and tells what a candidate does otherwise', async (t) => {
  const server = `server: { listen: [{ name: public, address: 127.0.0.1:0 }], admin: { address: 127.0.0.1:0 } }\n`;
  const text = server + DOCUMENT;
  const gateway = await gatewayFor(t, text);
  const { body } = await request(gateway.port(), 'GET /shop/items/7', [
    ['Host', 'shop.test'],
    ['Origin', 'https://evil.example'],
  ]);
  const { requestId }: { requestId: string } = JSON.parse(body);
  const told = await gateway.cell.decision(requestId);
  const candidate = text.replace('https://app.example.com', 'https://evil.example');
  const cwd = t.testdir({ 'gateway.yaml': text, 'candidate.yaml': candidate, 'other.json': '{}' });
  await writeFile(join(cwd, 'decision.json'), JSON.stringify(told));
  const same = await run(['replay', 'decision.json', '--config', 'gateway.yaml'], { cwd });
  t.strictSame(same, { code: 0, out: 'identical\n', err: '' });
  const other = await run(['replay', 'decision.json', '--config', 'candidate.yaml'], { cwd });
  t.equal(other.code, 1);
  t.match(other.out, /^policy web\n {2}recorded: .*cors\/origin-not-allowed/m);
  t.match(other.out, /^answer\n {2}recorded: .*"status":403.*\n {2}replayed: .*"status":200/m);
  const data = await run(['replay', 'decision.json', '--config', 'candidate.yaml', '--json'], { cwd });
  t.match(JSON.parse(data.out), { id: requestId, sameDocument: false, differences: [{}, {}] });
  t.match(await run(['replay', 'other.json'], { cwd }), { code: 1, err: /holds no record/ });
  t.match(await run(['replay', 'none.json'], { cwd }), { code: 1, err: /cannot be read/ });
  t.match(await run(['replay'], { cwd }), { code: 2 });
});

test('replay without --config takes the file that the record names, while it is the same', async (t) => {
  const text = `server: { listen: [{ name: public, address: 127.0.0.1:0 }], admin: { address: 127.0.0.1:0 } }\n${DOCUMENT}`;
  const gateway = await gatewayFor(t, text);
  const { body } = await request(gateway.port(), 'GET /shop/items/7', [['Host', 'nobody.test']]);
  const { requestId }: { requestId: string } = JSON.parse(body);
  const told = await gateway.cell.decision(requestId);
  const origin = told?.origin ?? '';
  const cwd = t.testdir({ [origin]: text });
  await writeFile(join(cwd, 'decision.json'), JSON.stringify(told));
  t.strictSame(await run(['replay', 'decision.json'], { cwd }), { code: 0, out: 'identical\n', err: '' });
  await writeFile(join(cwd, origin), `${text}# changed\n`);
  t.match(await run(['replay', 'decision.json'], { cwd }), {
    code: 1,
    err: /has changed since .*\n {2}fix: name a document/,
  });
});
