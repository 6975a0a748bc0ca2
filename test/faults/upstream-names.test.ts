// U6 of reliability.md: the name of an upstream that resolves to another address, to none, or to one that nobody should reach. The
// program asks the system for names (getaddrinfo), which knows no TTL and no resolver of ours; so a preload stands in for the system.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { writeFileSync } from 'node:fs';
import { Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { test } from 'tap';
import type { Test } from 'tap';
import { freePort } from '../kit/free-port.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { workersFor } from '../kit/workers-process.ts';

const RESOLVER = pathToFileURL(join(import.meta.dirname, '../kit/preload/resolver.ts')).href;

/** An upstream that says where it is, and gives the nonce back. */
async function upstreamAt(t: Test, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader('x-at', host);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => response.end(`${request.url} ${Buffer.concat(chunks).toString()}`));
  });
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

async function gatewayOn(t: Test, port: number, more = '') {
  const file = join(t.testdir({ 'hosts.json': '{}' }), 'hosts.json');
  const resolve = (...addresses: readonly string[]): void =>
    writeFileSync(file, JSON.stringify({ 'shop.up.test': addresses }));
  resolve('127.0.0.1');
  const gateway = await workersFor(t, {
    workers: 1,
    live: `upstreams: [{ name: up, targets: ["http://shop.up.test:${port}"], timeouts: { connect: 1s } }]
apiGroups: [{ name: all, upstream: up }]
${more}`,
    environment: { NODE_OPTIONS: `--import=${RESOLVER}`, POSTERN_TEST_HOSTS: file },
  });
  const at = async (): Promise<string> => {
    const answer = await fetch(gateway.url);
    await answer.text();
    return answer.headers.get('x-at') ?? String(answer.status);
  };
  return { gateway, resolve, at };
}

test('U6 a name that moves is followed by the next connection, and no request is lost on the way', async (t) => {
  const port = await freePort();
  const first = await upstreamAt(t, '127.0.0.1', port);
  await upstreamAt(t, '127.0.0.2', port);
  const { gateway, resolve, at } = await gatewayOn(t, port);
  t.equal(await at(), '127.0.0.1');
  const load = steadyLoad(gateway.url, 200);
  await wait(300);
  resolve('127.0.0.2');
  // As an upstream is taken out of service: it lets nothing new in, and connections end with their next answer. Idle ones are not cut:
  // a POST may be on its way on one, and is never sent twice.
  TcpServer.prototype.close.call(first);
  first.prependListener('request', (_request, response: { setHeader(name: string, value: string): void }) =>
    response.setHeader('connection', 'close'),
  );
  await until(async () => (await at()) === '127.0.0.2', 'the new address is not used');
  await wait(300);
  const { sent, lost } = await load.stop();
  t.same(lost, [], `of ${sent}`);
});

test('U6 a name that no longer resolves costs nothing as long as there are connections, and is 502 after that', async (t) => {
  const port = await freePort();
  const upstream = await upstreamAt(t, '127.0.0.1', port);
  upstream.keepAliveTimeout = 60_000;
  const { gateway, resolve, at } = await gatewayOn(t, port);
  t.equal(await at(), '127.0.0.1');
  resolve();
  for (let times = 0; times < 50; times += 1) t.equal(await at(), '127.0.0.1');
  upstream.closeAllConnections();
  await until(async () => (await at()) === '502', 'it is not told');
  const refused = await fetch(gateway.url);
  t.notMatch(await refused.text(), /up\.test|ENOTFOUND/, 'and nothing of the name');
  resolve('127.0.0.1');
  await until(async () => (await at()) === '127.0.0.1', 'it does not come back');
});

test('U6 a name that is bound to another address is refused where nobody may reach that', async (t) => {
  const port = await freePort();
  const upstream = await upstreamAt(t, '127.0.0.1', port);
  const { gateway, resolve, at } = await gatewayOn(t, port);
  t.equal(await at(), '127.0.0.1');
  const said = (): number =>
    gateway.run.out().split('every address of shop.up.test is in server.denyTargets').length - 1;
  for (const addresses of [
    ['169.254.169.254'],
    ['::ffff:169.254.169.254'],
    ['::ffff:a9fe:a9fe'],
    ['fe80::1'],
    ['169.254.169.254', 'fe80::1'],
  ]) {
    const before = said();
    resolve(...addresses);
    upstream.closeAllConnections();
    const begun = performance.now();
    await until(async () => (await at()) === '502', `${addresses.join()} is not refused`);
    t.ok(performance.now() - begun < 900, 'nothing was connected to: that would have taken until its time is up');
    await until(async () => said() > before, `${addresses.join()} is refused for another reason`);
  }
  resolve('169.254.169.254', '127.0.0.1');
  await until(async () => (await at()) === '127.0.0.1', 'the address beside it that may be reached is not used');
});
