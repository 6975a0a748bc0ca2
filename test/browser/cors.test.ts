/** What a real browser does with our answers: the judge that every other CORS test only models. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'tap';
import { browserVerdict } from '../cases/browser-model.ts';
import { LONGEST, browserFor } from '../kit/chromium.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** One `fetch` of a page, and what its script must see. */
interface Asked {
  readonly what: string;
  readonly path: string;
  readonly from: 'app' | 'evil';
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly credentials?: 'omit' | 'include';
  /** The status that the script reads; `blocked` when the browser keeps the answer from it. */
  readonly sees: number | 'blocked';
}

const ASKED: readonly Asked[] = [
  { what: 'an allowed origin reads', path: '/open/x', from: 'app', sees: 200 },
  { what: 'another origin is blocked', path: '/open/x', from: 'evil', sees: 'blocked' },
  { what: 'an allowed origin reads with cookies', path: '/open/x', from: 'app', credentials: 'include', sees: 200 },
  {
    what: 'another origin is blocked with cookies',
    path: '/open/x',
    from: 'evil',
    credentials: 'include',
    sees: 'blocked',
  },
  { what: 'a listed method passes its preflight', path: '/open/x', from: 'app', method: 'PUT', sees: 200 },
  {
    what: 'a method that is not listed stops at its preflight',
    path: '/open/x',
    from: 'app',
    method: 'DELETE',
    sees: 'blocked',
  },
  {
    what: 'a listed header passes its preflight',
    path: '/open/x',
    from: 'app',
    headers: { 'x-api-key': '1' },
    sees: 200,
  },
  {
    what: 'a header that is not listed stops at its preflight',
    path: '/open/x',
    from: 'app',
    headers: { 'x-other': '1' },
    sees: 'blocked',
  },
  { what: 'another origin stops at the preflight', path: '/open/x', from: 'evil', method: 'PUT', sees: 'blocked' },
  {
    what: 'a 405 of the gateway can be read after a preflight that passed',
    path: '/guarded/x',
    from: 'app',
    method: 'PUT',
    sees: 405,
  },
  { what: 'a 404 of the gateway can be read', path: '/guarded/none', from: 'app', sees: 404 },
  { what: 'a 405 of the gateway can be read', path: '/guarded/x', from: 'app', sees: 405 },
  { what: 'a 502 of the gateway can be read', path: '/down/x', from: 'app', sees: 502 },
  { what: 'all origins read without cookies', path: '/public/x', from: 'evil', sees: 200 },
  {
    what: 'all origins are not enough for cookies',
    path: '/public/x',
    from: 'evil',
    credentials: 'include',
    sees: 'blocked',
  },
  {
    what: 'a star of methods and headers is echoed with cookies',
    path: '/echoed/x',
    from: 'app',
    method: 'PATCH',
    headers: { 'x-any': '1' },
    credentials: 'include',
    sees: 200,
  },
  { what: 'strict refuses another origin', path: '/strict/x', from: 'evil', sees: 'blocked' },
  { what: 'strict lets an allowed origin pass', path: '/strict/x', from: 'app', method: 'PUT', sees: 200 },
  { what: 'rejectAll refuses every other origin', path: '/rejected/x', from: 'app', sees: 'blocked' },
  { what: 'no cors policy is no CORS', path: '/bare/x', from: 'app', sees: 'blocked' },
];

test(
  'Chromium lets scripts read exactly what the policies allow, and our model of it agrees',
  { timeout: 300_000 },
  async (t) => {
    const browser = await browserFor(t);
    if (browser === undefined) {
      t.pass('no browser on this machine', { skip: true });
      return;
    }
    const upstream = await upstreamFor(t, (_request, response) => {
      response.writeHead(200, {
        'x-exposed': 'yes',
        'x-hidden': 'no',
        'access-control-allow-origin': 'https://wrong.test',
      });
      response.end('data');
    });
    const pages = createServer(
      (_request, response) => void response.setHeader('content-type', 'text/html').end('<!doctype html>'),
    );
    pages.listen(0, '127.0.0.1');
    await once(pages, 'listening');
    t.teardown(() => void pages.close());
    const address = pages.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const origins = { app: `http://app.localhost:${port}`, evil: `http://evil.localhost:${port}` };
    const gateway = await gatewayFor(t, documentFor(upstream.url, origins.app));
    const api = `http://127.0.0.1:${gateway.port()}`;
    const tabs = { app: await browser.newPage(), evil: await browser.newPage() };
    const timeout = LONGEST;
    await Promise.all([tabs.app.goto(origins.app, { timeout }), tabs.evil.goto(origins.evil, { timeout })]);
    t.comment(`Chromium ${browser.version()}`);

    for (const { what, path, from, method = 'GET', headers = {}, credentials = 'omit', sees } of ASKED) {
      const seen = await tabs[from].evaluate(
        ({ url, options }) =>
          fetch(url, options).then(
            ({ status }) => status,
            () => 'blocked' as const,
          ),
        { url: `${api}${path}`, options: { method, headers: { ...headers }, credentials } },
      );
      t.equal(seen, sees, `${method} ${path}: ${what}`);
      if (seen === 'blocked' && (method !== 'GET' || Object.keys(headers).length > 0)) continue;
      const sent = [['origin', origins[from]] as const, ...Object.entries(headers)];
      const answer = await request(gateway.port(), `${method} ${path}`, sent);
      const model = browserVerdict({ method, sent, status: answer.status, received: answer.lines }, credentials);
      t.equal(model, seen === 'blocked' ? 'block' : 'allow', `the model says the same of ${path}`);
    }

    const read = await tabs.app.evaluate(
      (url) => fetch(url).then((response) => [response.headers.get('x-exposed'), response.headers.get('x-hidden')]),
      `${api}/open/x`,
    );
    t.same(read, ['yes', null], 'scripts read the exposed header and no other');
  },
);

function documentFor(upstream: string, app: string): string {
  const groups = ['open', 'guarded', 'down', 'public', 'echoed', 'strict', 'rejected', 'bare'];
  const routes = ', routes: [{ name: put, path: /x, methods: [POST] }]';
  return `${SERVER}
upstreams:
  - { name: up, targets: ["${upstream}"] }
  - { name: down, targets: ["http://127.0.0.1:1"] }
policies:
  - { name: open, plugin: cors, config: { allowOrigins: ["${app}"], allowMethods: [GET, PUT], allowHeaders: [x-api-key], exposeHeaders: [x-exposed], allowCredentials: true, maxAge: 0 } }
  - { name: public, plugin: cors, config: { allowOrigins: ["*"] } }
  - { name: echoed, plugin: cors, config: { allowOrigins: ["${app}"], allowMethods: ["*"], allowHeaders: ["*"], allowCredentials: true } }
  - { name: strict, plugin: cors, config: { allowOrigins: ["${app}"], allowMethods: [GET, PUT], enforcement: strict } }
  - { name: rejected, plugin: cors, config: { rejectAll: true } }
apiGroups:
${groups
  .map((name) => {
    const policy = name === 'bare' ? '[]' : name === 'guarded' || name === 'down' ? '[open]' : `[${name}]`;
    return `  - { name: ${name}, basePath: /${name}, upstream: ${name === 'down' ? 'down' : 'up'}, policies: ${policy}${name === 'guarded' ? routes : ''} }`;
  })
  .join('\n')}
`;
}
