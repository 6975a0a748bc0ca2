// U5 of reliability.md: an upstream that closes its connections 0 to 20 ms after an answer, as the next request may be on its way. A GET
// is not lost; a POST is never sent twice, and what becomes of it is told.
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { Pool } from 'undici';
import { chance } from '../kit/chance.ts';
import { SERVER } from '../kit/gateway.ts';
import { gatewayChildFor } from './child.ts';
import { keep, progress } from './form.ts';
import { reset } from './reset.ts';
import { listen } from '../kit/listen.ts';
import { sized } from '../kit/sized.ts';

const GETS = sized(2_000, 100_000);
const CONNECTIONS = 16;

test('U5 no GET is lost and no POST sent twice while the upstream closes connections that wait', async (t) => {
  const begun = performance.now();
  const random = chance(t);
  const posts = new Map<string, number>();
  let closed = 0;
  const upstream = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const [, method = '', nonce = ''] = /^([A-Z]+) \/(n\d+) [^]*\r\n\r\n/.exec(text) ?? [];
      if (nonce === '') return;
      text = '';
      if (method === 'POST') posts.set(nonce, (posts.get(nonce) ?? 0) + 1);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${nonce.length}\r\n\r\n${nonce}`);
      setTimeout(() => {
        closed += 1;
        if (random() < 0.5) socket.end();
        else reset(socket);
      }, random() * 20);
    });
  });
  const port = await listen(t, upstream);
  const gateway = await gatewayChildFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["http://127.0.0.1:${port}"] }]
apiGroups: [{ name: api, upstream: up }]
`,
  );
  const pool = new Pool(gateway.url, { connections: CONNECTIONS, pipelining: 1 });
  t.teardown(() => pool.destroy());
  const failures: string[] = [];
  let [asked, gets, told] = [0, 0, 0];
  const client = async (): Promise<void> => {
    while (gets < GETS) {
      asked += 1;
      const nonce = `n${asked}`;
      const method = asked % 5 === 0 ? 'POST' : 'GET';
      if (method === 'GET') gets += 1;
      // Now and then a pause of about as long as the upstream waits: that is when they meet.
      if (random() < 0.5) await wait(random() * 20);
      try {
        const { statusCode, body } = await pool.request({ path: `/${nonce}`, method });
        const text = await body.text();
        if (statusCode === 200 && text === nonce) continue;
        if (method === 'POST' && statusCode === 502) told += 1;
        else failures.push(`${method} ${nonce}: ${statusCode} ${text.slice(0, 80)}`);
      } catch (error) {
        // The upstream resets a connection whose answer may not have left yet: that breaks off visibly, and is its own doing.
        failures.push(`${method} ${nonce}: ${String(error)}`);
      }
      if (asked % 10_000 === 0) progress(t, `${gets} GET, ${closed} connections closed, ${failures.length} failures`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  for (const [nonce, times] of posts) if (times > 1) failures.push(`POST ${nonce} came ${times} times`);
  keep(t, {
    name: 'keep-alive-race',
    title: 'GET lost, or POST sent twice, while the upstream closes connections that wait',
    figure: failures.length,
    unit: 'requests',
    denominator: asked,
    most: 0,
    failures,
    begun,
    remarks: `${gets} GET and ${asked - gets} POST, of which ${told} were answered 502; ${closed} connections closed`,
  });
  t.same(failures.slice(0, 5), [], `of ${asked}`);
  t.ok(closed > GETS / 50, `${closed} connections closed`);
});
