// U7 of reliability.md: an upstream whose connections are poisoned, with its answers or at random moments while they wait. An answer is
// right, or visibly none; it is never another's. What an upstream sends of its own accord after the next request is on its way cannot
// be told from the answer to it, by anybody who uses a connection twice: that is left out here, and said in the docs.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { Pool } from 'undici';
import { chance } from '../kit/chance.ts';
import { SERVER } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { gatewayChildFor } from './child.ts';
import { keep, progress } from './form.ts';
import { reset } from './reset.ts';
import { listen } from '../kit/listen.ts';
import { sized } from '../kit/sized.ts';

const REQUESTS = sized(6_000, 1_000_000);
const CONNECTIONS = 16;

const EVIL = 'HTTP/1.1 200 OK\r\nX-Nonce: EVIL\r\nContent-Length: 4\r\n\r\nEVIL';

const answerOf = (nonce: string, length = nonce.length): string =>
  `HTTP/1.1 200 OK\r\nX-Nonce: ${nonce}\r\nContent-Length: ${length}\r\n\r\n${nonce}`;

/** P-UPS-002: what comes on a connection that waits. */
const UNASKED = [EVIL, EVIL.slice(0, 20), '\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', '\0'] as const;

/** Requests after which the clients pause, so that connections wait. */
const ROUND = 500;

/** What an upstream does instead of an answer, or beside it. */
const POISONS: readonly ((socket: Socket, nonce: string, random: () => number) => void)[] = [
  // P-UPS-001: one more answer in the same write.
  (socket, nonce) => void socket.write(answerOf(nonce) + EVIL),
  // A body that is longer than its length says.
  (socket, nonce) => void socket.write(answerOf(nonce) + nonce + EVIL),
  // Half of one, then nothing more.
  (socket, nonce) => void socket.end(answerOf(nonce, nonce.length * 2)),
  // Two lengths.
  (socket, nonce) =>
    void socket.write(answerOf(nonce).replace('Content-Length', 'Content-Length: 0\r\nContent-Length')),
  // Chunks and a length.
  (socket, nonce) =>
    void socket.write(answerOf(nonce).replace('Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length') + EVIL),
  // Right, and the connection is cut at any moment after it.
  (socket, nonce, random) => {
    socket.write(answerOf(nonce));
    setTimeout(() => reset(socket), random() * 5);
  },
  // In two pieces, with one more answer behind the end of it.
  (socket, nonce, random) => {
    const text = answerOf(nonce) + EVIL;
    const at = 1 + Math.floor(random() * (answerOf(nonce).length - 2));
    socket.write(text.slice(0, at));
    setTimeout(() => socket.write(text.slice(at)), random() * 5);
  },
];

test('U7 no answer of a poisoned upstream comes to another request than its own', async (t) => {
  const begun = performance.now();
  const random = chance(t);
  const sockets = new Set<Socket>();
  let [poisoned, opened] = [0, 0];
  const upstream = createServer((socket) => {
    opened += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const nonce = /^[A-Z]+ \/(n\d+) [^]*\r\n\r\n/.exec(text)?.[1];
      if (nonce === undefined) return;
      text = '';
      const poison = random() < 0.2 ? POISONS[Math.floor(random() * POISONS.length)] : undefined;
      if (poison === undefined) socket.write(answerOf(nonce));
      else {
        poisoned += 1;
        poison(socket, nonce, random);
      }
    });
  });
  const port = await listen(t, upstream);
  const gateway = await gatewayChildFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["http://127.0.0.1:${port}"], timeouts: { headers: 5s, idle: 5s } }]
apiGroups: [{ name: api, upstream: up }]
`,
  );
  const pool = new Pool(gateway.url, { connections: CONNECTIONS, pipelining: 1 });
  t.teardown(() => pool.destroy());
  const failures: string[] = [];
  let [asked, right, visible, unasked] = [0, 0, 0, 0];
  const client = async (last: number): Promise<void> => {
    while (asked < last) {
      asked += 1;
      const nonce = `n${asked}`;
      try {
        const { statusCode, headers, body } = await pool.request({
          path: `/${nonce}`,
          method: asked % 3 === 0 ? 'POST' : 'GET',
        });
        const text = await body.text();
        if (statusCode === 200 && headers['x-nonce'] === nonce && text === nonce) right += 1;
        else if (statusCode === 502 && !text.includes('EVIL')) visible += 1;
        else failures.push(`${nonce}: ${statusCode} ${String(headers['x-nonce'])} ${text.slice(0, 80)}`);
      } catch {
        // An answer that breaks off is visibly none.
        visible += 1;
      }
      if (asked % 20_000 === 0) progress(t, `${asked} requests, ${poisoned} poisoned, ${failures.length} mixed up`);
    }
  };
  while (asked < REQUESTS) {
    const last = Math.min(REQUESTS, asked + ROUND);
    await Promise.all(Array.from({ length: CONNECTIONS }, () => client(last)));
    // What was cut or poisoned late is over.
    await wait(20);
    const waiting = [...sockets].filter(() => random() < 0.5);
    unasked += waiting.length;
    for (const socket of waiting) socket.write(UNASKED[Math.floor(random() * UNASKED.length)] ?? EVIL);
    await until(async () => waiting.every(({ destroyed }) => destroyed), 'a connection that spoke unasked stays');
  }
  keep(t, {
    name: 'poisoned-upstream',
    title: 'answers mixed up between clients under a poisoned upstream',
    figure: failures.length,
    unit: 'answers',
    denominator: asked,
    most: 0,
    failures,
    begun,
    remarks: `${poisoned} answers poisoned, and ${unasked} connections that waited, of ${opened}; ${right} right, ${visible} visibly none`,
  });
  t.same(failures.slice(0, 5), [], `of ${asked}`);
  t.ok(right > asked / 2, `${right} right`);
  t.ok(poisoned > asked / 10 && unasked > 0);
  // Whoever is poisoned by nothing but what came behind its answer has it all the same.
  t.ok(visible < poisoned, `${visible} visibly none, of ${poisoned} poisoned`);
});
