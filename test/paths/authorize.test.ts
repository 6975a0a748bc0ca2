import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { jwksServerFor } from '../kit/jwks-server.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { bearer, pairOf, token } from '../../plugins/jwt/test/tokens.ts';

test("rules over claims decide on the wire: roles as a list, scopes as a text, numbers, the caller's own things", async (t) => {
  const pair = pairOf('p256');
  const server = await jwksServerFor(t);
  server.publish(pair.jwk);
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies:
  - { name: log, plugin: access-log }
  - { name: tokens, plugin: jwt, config: { audience: shop, jwksUri: "${server.uri}" } }
  - name: rights
    plugin: authorize
    config:
      rules:
        - { name: blocked, when: "claims.blocked == 'true'", action: deny }
        - { name: admins, when: "'admin' in claims.roles", action: allow }
        - { name: readers, when: "request.method == 'GET' && 'read' in claims.scope", action: allow }
        - { name: own, when: "route.name == 'user' && params.id == claims.sub", action: allow }
        - { name: senior, when: "int(claims.level) >= 5", action: allow }
gateway: { policies: [log, tokens] }
apiGroups:
  - name: api
    upstream: up
    policies: [rights]
    routes:
      - { name: user, path: "/users/{id}" }
      - { name: rest, path: /* }
`,
  );
  // A request waits for keys for 0.9 s, and a busy machine may take longer to bring them: let them be there.
  const reader = await token({ alg: 'ES256' }, pair.privateKey, { aud: 'shop', scope: 'read' });
  const warm = async (): Promise<boolean> =>
    (await request(gateway.port(), 'GET /', [['Authorization', bearer(reader).authorization]])).status === 200;
  await until(warm, 'never let in');
  const rows: readonly (readonly [object, string, number, string?])[] = [
    [{ roles: ['admin', 'x'] }, 'DELETE /items', 200],
    [{ roles: ['administrator'] }, 'DELETE /items', 403, 'No rule allows it.'],
    [{ roles: ['admin'], blocked: true }, 'GET /items', 403, 'The rule blocked denies it.'],
    [{ scope: 'list read' }, 'GET /items', 200],
    [{ scope: 'list read' }, 'POST /items', 403, 'No rule allows it.'],
    [{ scope: 'readonly' }, 'GET /items', 403, 'No rule allows it.'],
    [{ sub: 'alice' }, 'PUT /users/alice', 200],
    [{ sub: 'alice' }, 'PUT /users/bob', 403, 'No rule allows it.'],
    [{ level: 7 }, 'POST /items', 200],
    [{ level: '7' }, 'POST /items', 200],
    [{ level: 4 }, 'POST /items', 403, 'No rule allows it.'],
    [{ level: 'high' }, 'POST /items', 403, 'No rule allows it.'],
    [{}, 'GET /items', 403, 'No rule allows it.'],
  ];
  for (const [claims, line, wanted, why] of rows) {
    const before = upstream.seen.length;
    const text = await token({ alg: 'ES256' }, pair.privateKey, { aud: 'shop', ...claims });
    const answer = await request(gateway.port(), line, [['Authorization', bearer(text).authorization]]);
    t.equal(answer.status, wanted, `${line} ${JSON.stringify(claims)}`);
    t.equal(upstream.seen.length - before, wanted === 200 ? 1 : 0);
    if (why === undefined) continue;
    t.match(JSON.parse(answer.body), {
      code: 'authorize/denied',
      detail: 'The request is not allowed.',
      policy: 'rights',
    });
    t.notMatch(answer.body, 'rule');
    if (FROM_INSIDE) t.match(gateway.written.at(-1), { code: 'authorize/denied', why });
  }
  const nobody = await request(gateway.port(), 'GET /items');
  t.equal(nobody.status, 401, 'who shows no token never comes to the rules');
  const metrics = await gateway.cell.metrics();
  t.match(metrics, 'policy="rights",plugin="authorize",event="allowed_by_admins"} 1\n');
  t.match(metrics, 'policy="rights",plugin="authorize",event="denied_by_blocked"} 1\n');
  t.match(metrics, 'policy="rights",plugin="authorize",event="denied_by_default"} 7\n');
  t.match(metrics, 'policy="rights",plugin="authorize",event="no_answer_in_senior"}');
});

test('the record of a decision says which rule it was, and a replay says it again', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(
    t,
    `${SERVER}  decisions: { keep: 10, sample: 1 }
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies:
  - { name: rights, plugin: authorize, config: { rules: [{ name: no-writes, when: "request.method != 'GET'", action: deny }], default: allow } }
apiGroups: [{ name: api, upstream: up, policies: [rights] }]
`,
  );
  const answer = await request(gateway.port(), 'POST /');
  t.equal(answer.status, 403);
  const id: string = JSON.parse(answer.body).requestId;
  const told = await gateway.cell.decision(id);
  t.match(JSON.stringify(told), 'The rule no-writes denies it.');
});
