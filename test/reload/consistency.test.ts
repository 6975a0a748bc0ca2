import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileSource } from '@postern/source-file';
import { builtinPlugins, startGateway } from 'postern';
import { test } from 'tap';
import { Pool } from 'undici';
import { SERVER } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

const REQUESTS = 20_000;
const CONNECTIONS = 64;
const RELOADS = 200;

/** A policy that marks both directions: an answer whose two marks differ has seen two documents. */
function document(upstream: string, mark: string): string {
  return `${SERVER}
upstreams: [{ name: up, targets: ["${upstream}"] }]
policies:
  - name: mark
    plugin: headers
    config: { request: { set: { x-mark: ${mark} } }, response: { set: { x-mark: ${mark} } } }
  - { name: cors, plugin: cors, config: { allowOrigins: [https://${mark}.test] } }
apiGroups: [{ name: api, upstream: up, policies: [cors, mark] }]
`;
}

test('20,000 requests over 64 connections across 200 file reloads: none fails, each keeps to one document', async (t) => {
  const upstream = await upstreamFor(t, (incoming, response, { url }) =>
    response.end(`${String(incoming.headers['x-mark'])} ${url}`),
  );
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, document(upstream.url, 'a'));
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };
  const gateway = await startGateway({ source: fileSource(file), plugins: builtinPlugins, log: quiet });
  t.teardown(() => gateway.close());

  let reloading = true;
  const reload = async (): Promise<number> => {
    for (let done = 0; done < RELOADS; done += 1) {
      const { accepted } = gateway.control().reloads;
      writeFileSync(`${file}.next`, document(upstream.url, done % 2 === 0 ? 'b' : 'a'));
      renameSync(`${file}.next`, file);
      while (gateway.control().reloads.accepted === accepted) await wait(2);
    }
    reloading = false;
    return RELOADS;
  };

  const pool = new Pool(`http://127.0.0.1:${gateway.listeners[0]?.port}`, {
    connections: CONNECTIONS,
    pipelining: 1,
  });
  t.teardown(() => pool.destroy());
  const found = { asked: 0, failed: 0, mixed: 0, a: 0, b: 0 };
  const client = async (): Promise<void> => {
    while (reloading || found.asked < REQUESTS) {
      found.asked += 1;
      const nonce = `/${found.asked}`;
      try {
        const { statusCode, headers, body } = await pool.request({
          path: nonce,
          method: 'GET',
          headers: { origin: 'https://a.test' },
        });
        const text = await body.text();
        const mark = String(headers['x-mark']);
        const allowed = headers['access-control-allow-origin'] === 'https://a.test';
        if (statusCode !== 200) found.failed += 1;
        else if (text !== `${mark} ${nonce}` || allowed !== (mark === 'a')) found.mixed += 1;
        else if (mark === 'a') found.a += 1;
        else if (mark === 'b') found.b += 1;
      } catch {
        found.failed += 1;
      }
    }
  };
  const [reloads] = await Promise.all([reload(), ...Array.from({ length: CONNECTIONS }, client)]);
  t.comment(`${found.asked} requests, ${reloads} reloads: ${found.a} under a, ${found.b} under b`);
  t.ok(found.asked >= REQUESTS);
  t.equal(found.failed, 0, 'no request failed');
  t.equal(found.mixed, 0, 'no answer mixed two documents');
  t.ok(found.a > 0 && found.b > 0, 'both documents served');
  t.equal(gateway.control().reloads.accepted, RELOADS + 1);
  t.equal(gateway.control().reloads.refused, 0);
  await until(async () => gateway.cell.status().liveSnapshots === 1, 'a snapshot stays');
});
