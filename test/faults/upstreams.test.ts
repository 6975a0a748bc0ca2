// U1, U2 and U3 of reliability.md: upstreams that refuse, cut, close half or hang, beside one that is well.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'tap';
import type { Test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { freePort } from '../kit/free-port.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { listen } from '../kit/listen.ts';
import { request } from '../kit/raw-client.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';

/** An upstream that does with each head, the n-th on its connection, whatever `answer` does. */
async function rawUpstream(t: Test, answer: (socket: Socket, head: string, nth: number) => void) {
  const heads: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    let [text, nth] = ['', 0];
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      heads.push(text);
      nth += 1;
      answer(socket, text, nth);
      text = '';
    });
  });
  return { port: await listen(t, server), heads };
}

/** Two groups: /bad goes to that upstream, all else is echoed. */
const documentOf = (port: number, timeouts = 'connect: 1s, headers: 1s, idle: 1s'): string => `${SERVER}
upstreams:
  - { name: bad, targets: ["http://127.0.0.1:${port}"], timeouts: { ${timeouts} } }
  - { name: good, builtin: echo }
apiGroups:
  - { name: bad, basePath: /bad, upstream: bad }
  - { name: good, upstream: good }
`;

test('U1 an upstream that refuses is 502 within half a second, every time, and others are unaffected', async (t) => {
  const gateway = await gatewayFor(t, documentOf(await freePort()));
  const load = steadyLoad(`http://127.0.0.1:${gateway.port()}`, 200);
  const { held, took } = await fairly(500, async () => {
    const begun = performance.now();
    const answers = await Promise.all(
      ['GET', 'POST'].map((method) => request(gateway.port(), `${method} /bad`, [], method === 'POST' ? 'x' : '')),
    );
    t.same(
      answers.map(({ status, body }) => [status, JSON.parse(body).code]),
      [
        [502, 'upstream/failed'],
        [502, 'upstream/failed'],
      ],
    );
    return performance.now() - begun;
  });
  t.ok(held, took);
  const many = await Promise.all(Array.from({ length: 300 }, () => request(gateway.port(), 'GET /bad')));
  t.ok(many.every(({ status }) => status === 502));
  const { sent, lost } = await load.stop();
  t.same(lost, [], `of ${sent}`);
});

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

/** What becomes of an answer, and whether the client may see a whole one. */
const CUTS: Readonly<
  Record<string, { readonly cut: (socket: Socket) => void; readonly sees: 'refusal' | 'break' | 'whole' }>
> = {
  'a reset before any byte': { cut: (socket) => void socket.resetAndDestroy(), sees: 'refusal' },
  'a close before any byte': { cut: (socket) => void socket.end(), sees: 'refusal' },
  'a reset in the head': {
    cut: (socket) => void socket.write(HEAD.slice(0, 20), () => socket.resetAndDestroy()),
    sees: 'refusal',
  },
  'a half-close in the head': { cut: (socket) => void socket.end(HEAD.slice(0, 20)), sees: 'refusal' },
  'a reset in the body': {
    cut: (socket) => void socket.write(`${HEAD}hello`, () => setTimeout(() => socket.resetAndDestroy(), 20)),
    sees: 'break',
  },
  'a half-close in the body': { cut: (socket) => void socket.end(`${HEAD}hello`), sees: 'break' },
  'a half-close between chunks': { cut: (socket) => void socket.end(CHUNKED), sees: 'break' },
  'a half-close in a chunk': { cut: (socket) => void socket.end(CHUNKED.slice(0, -4)), sees: 'break' },
  'a half-close behind a whole answer': { cut: (socket) => void socket.end(`${HEAD}helloworld`), sees: 'whole' },
  'a half-close that ends a body without length': {
    cut: (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nhelloworld'),
    sees: 'whole',
  },
};

for (const [how, { cut, sees }] of Object.entries(CUTS))
  test(`U2 ${how} is ${sees === 'whole' ? 'whole to the client' : sees === 'break' ? 'visibly not whole' : '502'}, and a POST goes once`, async (t) => {
    const upstream = await rawUpstream(t, cut);
    const gateway = await gatewayFor(t, documentOf(upstream.port));
    for (const method of ['GET', 'POST'] as const) {
      const seen = await fetch(`http://127.0.0.1:${gateway.port()}/bad`, {
        method,
        ...(method === 'POST' ? { body: 'x' } : {}),
      }).then(
        async (answer) => [answer.status, await answer.text().catch(() => 'break')],
        () => ['break'],
      );
      if (sees === 'refusal') t.equal(seen[0], 502);
      else if (sees === 'whole') t.same(seen, [200, 'helloworld']);
      else t.equal(seen.at(-1), 'break', String(seen));
    }
    t.equal(upstream.heads.filter((head) => head.startsWith('POST')).length, 1);
    t.equal((await request(gateway.port(), 'GET /other')).status, 200);
  });

test('U2 a GET whose kept connection is reset before any byte goes once more on a fresh one, a POST never', async (t) => {
  const upstream = await rawUpstream(t, (socket, _head, nth) => {
    if (nth === 1) socket.write(`${HEAD}helloworld`);
    else socket.resetAndDestroy();
  });
  const gateway = await gatewayFor(t, documentOf(upstream.port));
  const ask = (method: string) => request(gateway.port(), `${method} /bad`, [], method === 'POST' ? 'x' : '');
  t.equal((await ask('GET')).body, 'helloworld');
  t.equal((await ask('GET')).body, 'helloworld', 'the second time, on a fresh connection');
  t.equal((await ask('POST')).status, 502);
  t.equal(upstream.heads.filter((head) => head.startsWith('POST')).length, 1);
});

test('U3 hundreds of requests to an upstream that hangs hold nobody else up, and each is 504 at its deadline', async (t) => {
  const upstream = await rawUpstream(t, () => undefined);
  const gateway = await gatewayFor(t, documentOf(upstream.port, 'connect: 5s, headers: 4s, idle: 5s'));
  const measure = async (): Promise<number> => {
    const took: number[] = [];
    for (let at = 0; at < 200; at += 1) {
      const begun = performance.now();
      const { status, body } = await request(gateway.port(), `GET /good-${at}`);
      if (status !== 200 || !body.includes(`/good-${at}`)) throw new Error(`${at}: ${status} ${body}`);
      took.push(performance.now() - begun);
    }
    return took.toSorted((one, other) => one - other)[Math.floor(took.length * 0.99)] ?? 0;
  };
  await measure();
  const alone = await measure();
  const hanging = Array.from({ length: 600 }, () => request(gateway.port(), 'GET /bad'));
  await until(async () => upstream.heads.length === 600, 'not all hang');
  const { held, took } = await fairly(Math.max(25, alone * 2), measure);
  t.ok(held, `p99 alone ${alone.toFixed(1)} ms, beside 600 that hang ${took}`);
  const answers = await Promise.all(hanging);
  t.same(new Set(answers.map(({ status }) => status)), new Set([504]));
});
