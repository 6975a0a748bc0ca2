import { checkDocument } from '@postern/config';
import { NODE_TTL } from '@postern/source-nats';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { serverNow } from '../src/bus/fleet.ts';
import { statusText, toFleetStatus } from '../src/bus/fleet-status.ts';
import { describePlan, planChanges } from '../src/bus/plan-changes.ts';
import { toHeard } from '../src/bus/reports.ts';
import type { Heard } from '../src/bus/reports.ts';
import { GOOD } from './documents.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');

function heard(node: string, age: number): Heard {
  const report = { node, revision: 1, state: 'accepted', digest: 'abc' };
  const at = new Date(NOW - age).toISOString();
  const key = `node.edge.${node}`;
  const entry = {
    key,
    revision: 1,
    operation: 'put',
    at,
    headers: {},
    bytes: Buffer.from(JSON.stringify(report)),
  } as const;
  const found = toHeard(entry);
  if (found === undefined) throw new Error('no report');
  return found;
}

test('nodes that fell silent age out, also where the server has not taken their word away', async (t) => {
  const ages = new Map([
    ['now', 0],
    ['late', NODE_TTL - 1],
    ['dead', NODE_TTL],
    // A clock that is behind the server's.
    ['ahead', -60_000],
  ]);
  const fleet = new Map([...ages].map(([node, age]) => [node, heard(node, age)]));
  const status = toFleetStatus({ key: 'edge', newest: undefined, fleet, now: NOW });
  t.same(
    status.nodes.map(({ node }) => node),
    ['ahead', 'late', 'now'],
  );
  t.match(statusText(status), /^config\.edge holds nothing yet\nNODE .*\nahead .* 0 s ago\nlate .* 20 s ago\nnow /);
});

test('the age of a word is told by the clock of the server, never by the one here', async (t) => {
  for (const [what, said, stamps, now] of [
    ['a server from 2.10 on says its time', '2026-01-02T03:04:05.123456789Z', [NOW - 9000], NOW + 123],
    ['an older one has its newest stamp', undefined, [NOW - 9000, NOW, NOW - 4000], NOW],
    ['of two servers of a cluster the clock that is ahead counts', '2026-01-02T03:04:05Z', [NOW + 50], NOW + 50],
    ['nothing was ever said', undefined, [], 0],
  ] as const)
    t.equal(serverNow(said, stamps), now, what);
});

test('routes that come, go and keep what they run are told apart', async (t) => {
  const checked = (text: string) => {
    const plugins = new Map(builtinPlugins.map((plugin) => [plugin.name, plugin]));
    const environment = { variable: () => undefined, file: () => undefined };
    const result = checkDocument({ text, origin: 'g', revision: 1 }, { plugins, environment, unresolved: 'error' });
    if (result.kind === 'refused') throw new Error(JSON.stringify(result.issues));
    return result.value;
  };
  const after = GOOD.replace('name: list', 'name: items')
    .replace('gateway:\n  policies: [log]', 'gateway:\n  policies: []')
    .replace('[tag, inherit]', '[tag, log, inherit]');
  const changes = planChanges(checked(GOOD), checked(after));
  t.same(changes, [
    { route: 'shop/items', before: null, after: ['tag', 'log'] },
    { route: 'no group', before: ['log'], after: [] },
    { route: 'shop/list', before: ['tag', 'log'], after: null },
  ]);
  t.equal(
    describePlan(changes),
    'so that other policies run on 3 routes\n  shop/items: new, runs tag, log\n  no group: log -> nothing\n  shop/list: tag, log -> gone',
  );
  const many = Array.from({ length: 25 }, (_, at) => ({ route: `g/r${at}`, before: null, after: [] }));
  t.match(describePlan(many), /on 25 routes\n(?: {2}g\/r\d+: new, runs nothing\n){20} {2}and 5 more$/);
});
