import { connect as connectHttp2 } from 'node:http2';
import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

const APP = 'https://app.example';

const documentFor = (target: string, server = SERVER) => `${server}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
  - { name: web-cors, plugin: cors, config: { allowOrigins: ["${APP}"], exposeHeaders: [x-teapot] } }
  - { name: log, plugin: access-log }
  - { name: moved, plugin: respond, config: { redirect: { location: "https://new.example{{ request.path }}", status: 308, keepQuery: true } } }
  - { name: hello, plugin: respond, config: { body: "Hello é {{ params.name }}", headers: { x-teapot: short } } }
  - { name: down, plugin: respond, config: { maintenance: { retryAfter: 30 } } }
  - { name: made, plugin: respond, mode: shadow, config: { status: 410 } }
apiGroups:
  - name: api
    upstream: up
    policies: [web-cors, log]
    routes:
      - { name: moved, path: "/old/*", policies: [inherit, moved] }
      - { name: hello, path: "/hello/{name}", policies: [inherit, hello] }
      - { name: down, path: /down, policies: [inherit, down] }
      - { name: shadow, path: /shadow, policies: [inherit, made] }
`;

test('answers without asking the upstream, with the length of the bytes and the CORS headers of the route', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const answer = await request(gateway.port(), 'GET /hello/jo', [['Origin', APP]]);
  t.same([answer.status, answer.body], [200, 'Hello é jo']);
  t.same(
    answer.lines.filter(([name]) => name !== 'date').toSorted(([one], [other]) => (one < other ? -1 : 1)),
    [
      ['access-control-allow-origin', APP],
      ['access-control-expose-headers', 'x-teapot'],
      ['connection', 'close'],
      ['content-length', '11'],
      ['content-type', 'text/plain; charset=utf-8'],
      ['vary', 'Origin'],
      ['x-content-type-options', 'nosniff'],
      ['x-teapot', 'short'],
    ],
  );
  t.equal(upstream.seen.length, 0);
  if (FROM_INSIDE) t.match(gateway.written.at(-1), { status: 200, route: 'hello', path: '/hello/jo' });
});

test('HEAD gets the head alone, with the length that GET would have', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const answer = await request(gateway.port(), 'HEAD /hello/jo');
  t.same([answer.status, answer.body, answer.header('content-length')], [200, '', '11']);
});

test('redirects to a place of its own, whatever a client asks for', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const answer = await request(gateway.port(), 'POST /old/a%20b?c=%0D%0Ad', [['Origin', APP]], 'body');
  t.same([answer.status, answer.header('location')], [308, 'https://new.example/old/a%20b?c=%0D%0Ad']);
  t.equal(answer.header('access-control-allow-origin'), APP);
  t.equal(answer.header('content-length'), '0');
  t.equal(upstream.seen.length, 0);
});

test('a maintenance page speaks to browsers and to programs, and a preflight to it is answered', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const page = await request(gateway.port(), 'GET /down', [
    ['Accept', 'text/html,*/*;q=0.8'],
    ['Origin', APP],
  ]);
  t.same(
    [page.status, page.header('retry-after'), page.header('content-type')],
    [503, '30', 'text/html; charset=utf-8'],
  );
  t.match(page.body, '<!doctype html>');
  t.equal(page.header('access-control-allow-origin'), APP);
  t.match(
    page.lines
      .filter(([name]) => name === 'vary')
      .map(([, value]) => value)
      .join(', '),
    /Accept.*Origin|Origin.*Accept/,
  );
  const problem = await request(gateway.port(), 'GET /down');
  t.match(JSON.parse(problem.body), { status: 503, code: 'respond/maintenance', policy: 'down' });
  const preflight = await request(gateway.port(), 'OPTIONS /down', [
    ['Origin', APP],
    ['Access-Control-Request-Method', 'GET'],
  ]);
  t.equal(preflight.status, 204);
});

test('in shadow the upstream answers', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const answer = await request(gateway.port(), 'GET /shadow');
  t.same([answer.status, answer.body], [200, 'ok']);
  t.equal(upstream.seen.length, 1);
});

test('answers over HTTP/2 as over HTTP/1', async (t) => {
  const upstream = await upstreamFor(t);
  const server = SERVER.replace(
    'name: public, address: 127.0.0.1:0',
    'name: public, address: 127.0.0.1:0, protocol: h2c',
  );
  const gateway = await gatewayFor(t, documentFor(upstream.url, server));
  const session = connectHttp2(`http://127.0.0.1:${gateway.port()}`);
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/hello/jo', origin: APP });
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  const head = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve));
  await new Promise((resolve) => stream.once('end', resolve));
  t.match(head, { ':status': 200, 'content-length': '11', 'access-control-allow-origin': APP });
  t.equal(text, 'Hello é jo');
});

test('a place that a client could choose refuses the document, and what served goes on', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const open = documentFor(upstream.url).replace(
    'https://new.example{{ request.path }}',
    '{{ request.path }}{{ request.host }}',
  );
  t.same(await gateway.apply(open), [], 'behind a path a host is no host');
  const bent = documentFor(upstream.url).replace('https://new.example{{', "https://{{ request.query['to'] }}{{");
  t.same(await gateway.apply(bent), ['respond/open-redirect']);
  t.equal((await request(gateway.port(), 'GET /hello/jo')).status, 200);
});
