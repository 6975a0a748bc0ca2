import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';

const documentOf = (policies: string, names: string): string => `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  metrics: { policyLabels: [team, cost-centre] }
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: log, plugin: access-log }
${policies}
gateway: { policies: [log] }
apiGroups:
  - name: all
    labels: { tier: public }
    upstream: up
    policies: [${names}]
    routes: [{ name: rest, path: /*, labels: { kind: read } }]
`;

const STRICT = 'plugin: cors, config: { allowOrigins: [https://app.example.com], enforcement: strict }';

/** A line of the access log, once it is there: it is written behind the last byte. */
async function lineOf({ written }: TestGateway, at: number): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const line = written.filter(({ status }) => status !== undefined)[at];
    if (line !== undefined) return line;
    await wait(2);
  }
}

/** The series of one policy, as lines. */
function seriesOf(metrics: string, policy: string): readonly string[] {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('postern_policy_') && line.includes(`policy="${policy}"`));
}

test('labels are in the access log, in the status and, by choice, in metrics', async (t) => {
  const gateway = await gatewayFor(
    t,
    documentOf(`  - { name: web, ${STRICT}, labels: { team: web, cost-centre: "12\\"3", env: prod } }`, 'web'),
  );
  const url = `http://127.0.0.1:${gateway.port()}/x`;
  await (await fetch(url, { headers: { origin: 'https://other.example' } })).text();
  t.match(await lineOf(gateway, 0), {
    groupLabels: { tier: 'public' },
    routeLabels: { kind: 'read' },
    policyLabels: { team: 'web', env: 'prod' },
  });
  await (await fetch(url)).text();
  t.equal((await lineOf(gateway, 1))['policyLabels'], undefined, 'nobody refused');
  const metrics = await gateway.cell.metrics();
  const labels = 'policy="web",plugin="cors",label_team="web",label_cost_centre="12\\"3"';
  t.match(metrics, `postern_policy_outcomes_total{${labels},outcome="refused"} 1`);
  t.notMatch(metrics, 'prod', 'a label that nobody chose');
  t.match(gateway.cell.status().policies, [
    { policy: 'log', plugin: 'access-log', mode: 'enforce', labels: {}, where: 'gateway.yaml:7', routes: 1 },
    { policy: 'web', plugin: 'cors', labels: { team: 'web', env: 'prod' }, where: 'gateway.yaml:8', routes: 1 },
  ]);
});

test('a reload that changes nothing but a label of a route is seen in the log', async (t) => {
  const gateway = await gatewayFor(t, documentOf('', ''));
  const url = `http://127.0.0.1:${gateway.port()}/x`;
  await (await fetch(url)).text();
  t.match(await lineOf(gateway, 0), { routeLabels: { kind: 'read' } });
  t.same(await gateway.apply(documentOf('', '').replace('kind: read', 'kind: write')), []);
  await (await fetch(url)).text();
  t.match(await lineOf(gateway, 1), { routeLabels: { kind: 'write' } });
});

test('series of a policy go with it, or with the labels it had, and stay while only its config changes', async (t) => {
  const withTeam = (team: string, more = ''): string =>
    documentOf(`  - { name: web, ${STRICT.replace('}', `${more} }`)}, labels: { team: ${team} } }`, 'web');
  const gateway = await gatewayFor(t, withTeam('web'));
  const refused = async (): Promise<string> => {
    const lines = seriesOf(await gateway.cell.metrics(), 'web').filter((line) => line.includes('outcome="refused"'));
    return lines.join('\n');
  };
  const ask = async (): Promise<void> => {
    const headers = { origin: 'https://other.example' };
    await (await fetch(`http://127.0.0.1:${gateway.port()}/`, { headers })).text();
  };
  await ask();
  t.match(await refused(), /^[^\n]*label_team="web",label_cost_centre=""[^\n]* 1$/);
  t.same(await gateway.apply(withTeam('web', ', maxAge: 60')), []);
  await ask();
  t.match(await refused(), /^[^\n]*label_team="web"[^\n]* 2$/, 'the count goes on');
  t.same(await gateway.apply(withTeam('shop')), []);
  await ask();
  t.match(await refused(), /^[^\n]*label_team="shop"[^\n]* 1$/, 'one series, with the new value');
  t.same(await gateway.apply(documentOf('', '')), []);
  t.equal(await refused(), '');
  t.same(await gateway.apply(withTeam('shop')), []);
  await ask();
  t.match(await refused(), /^[^\n]*label_team="shop"[^\n]* 1$/, 'counts from the start when it comes back');
});

test('two labels that metrics cannot tell apart are refused', async (t) => {
  const gateway = await gatewayFor(t, documentOf('', ''));
  const text = documentOf('', '').replace('[team, cost-centre]', '[cost-centre, cost_centre]');
  t.same(await gateway.apply(text), ['server/metric-label']);
});
