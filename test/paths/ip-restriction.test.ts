import { test } from 'tap';
import { gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

const documentFor = (target: string, trusted = '127.0.0.1'): string => `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  drainTimeout: 2s
  trustedProxies: [${trusted}]
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
  - { name: office, plugin: ip-restriction, config: { allow: [203.0.113.0/24, "2001:db8::/32"], deny: [203.0.113.66] } }
  - { name: hidden, plugin: ip-restriction, config: { allow: [198.51.100.1], status: 404 } }
apiGroups:
  - { name: office, basePath: /office, upstream: up, policies: [office] }
  - { name: hidden, basePath: /hidden, upstream: up, policies: [hidden] }
`;

test('the client that a trusted proxy names is let in or kept out, whatever stands to its left', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  for (const [forwarded, status] of [
    ['203.0.113.7', 200],
    ['198.51.100.9, 203.0.113.7', 200],
    ['203.0.113.7, 198.51.100.9', 403],
    ['203.0.113.66', 403],
    ['::ffff:203.0.113.7', 200],
    ['[2001:db8::7]:4711', 200],
    ['2001:db9::7', 403],
    ['nonsense', 403],
  ] as const) {
    const answer = await request(gateway.port(), 'GET /office/x', [['X-Forwarded-For', forwarded]]);
    t.equal(answer.status, status, forwarded);
    if (status === 403) t.match(JSON.parse(answer.body), { code: 'ip-restriction/denied', policy: 'office' });
  }
  const hidden = await request(gateway.port(), 'GET /hidden/x', [['X-Forwarded-For', '203.0.113.7']]);
  t.equal(hidden.status, 404);
});

test('without trusted proxies the connection counts, and what the client says of itself does not', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, ''));
  t.equal((await request(gateway.port(), 'GET /office/x', [['X-Forwarded-For', '203.0.113.7']])).status, 403);
  const local = documentFor(upstream.url, '').replace('203.0.113.0/24', '127.0.0.0/8');
  t.same(await gateway.apply(local), []);
  t.equal((await request(gateway.port(), 'GET /office/x')).status, 200);
});
