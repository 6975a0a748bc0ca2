// What the bench asks of every peer, asked of Postern here: a case that it could not do would be found out only when measured.
import { builtinPlugins, startGateway } from 'postern';
import { test } from 'tap';
import type { Test } from 'tap';
import { CASES, GROUPS } from '../../bench/core/cases.ts';
import type { Case } from '../../bench/core/cases.ts';
import { faultOf } from '../../bench/core/fault.ts';
import { OWN_CASES, figure, measuredLine, readMeasured } from '../../bench/core/own.ts';
import { CORS, FRIEND, STRANGER } from '../../bench/core/site.ts';
import { TITLES } from '../../bench/core/titles.ts';
import { ask } from '../../bench/run/ask.ts';
import { Children } from '../../bench/run/children.ts';
import { freePort } from '../../bench/run/free-port.ts';
import { ALL_PEERS } from '../../bench/run/peers.ts';
import { startUpstream } from '../../bench/run/upstream.ts';
import { memorySource } from '../kit/memory-source.ts';

const children = new Children();
const upstream = await startUpstream(children);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };
const [postern] = ALL_PEERS;

/** Faults of Postern in a case. */
async function faults(t: Test, testCase: Case): Promise<readonly string[]> {
  const site = { ...testCase.site, port: await freePort(), upstream: upstream.port };
  const text = postern?.launch(site).files['gateway.yaml'] ?? '';
  const gateway = await startGateway({ source: memorySource(text), plugins: builtinPlugins, log: quiet });
  t.teardown(() => gateway.close());
  const { port, protocol } = site;
  const found: string[] = [];
  for (const check of testCase.checks) {
    const fault = faultOf(check, await ask({ ...check.request, protocol, port }));
    if (fault !== undefined) found.push(fault);
  }
  return found;
}

for (const testCase of CASES) {
  // 100,000 routes take long, and 10,000 are of the same kind; workers are processes.
  const skip = testCase.site.routes > 10_000 || testCase.site.workers > 1;
  test(`Postern answers ${testCase.name} right`, { skip }, async (t) => {
    t.same(await faults(t, testCase), []);
  });
}

test('every case and peer has a name of its own', async (t) => {
  const names = [...GROUPS.flat(), ...OWN_CASES].map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  t.same(ALL_PEERS.map(({ name }) => name).toSorted(), Object.keys(TITLES).toSorted());
});

test('every peer is told the ports and the same policy, or says why it cannot serve a site', async (t) => {
  for (const peer of ALL_PEERS) {
    for (const { site } of CASES.filter(({ own, site }) => !own && site.routes <= 1)) {
      const why = peer.lacks(site);
      if (why !== undefined) {
        t.ok(why.length > 10);
        continue;
      }
      const { words, files } = peer.launch({ ...site, port: 4711, upstream: 4712 });
      const told = [...words, ...Object.values(files)].join('\n');
      for (const piece of ['4711', '4712', 'preview', 'PUT', 'content-type', String(CORS.maxAge)])
        if (site.routes === 0 || piece.startsWith('47')) t.match(told, piece, `${peer.name} is told ${piece}`);
    }
  }
});

test('the policy allows one of the two origins', async (t) => {
  const pattern = new RegExp(`^${CORS.pattern}$`);
  t.same(
    [FRIEND, STRANGER].map((origin) => pattern.test(origin)),
    [true, false],
  );
});

test('what a program measured is found among what it wrote', async (t) => {
  const measured = { figures: { start: figure('ms', 3, 1, 2) }, note: 'a note' };
  t.same(readMeasured(`a warning\n${measuredLine(measured)}\nbye\n`), measured);
  t.equal(readMeasured('a crash\n'), undefined);
});

test('the upstream ends with the tests', async (t) => {
  children.endNow();
  const question = { protocol: 'http', port: upstream.port, method: 'GET', path: '/', headers: {}, body: 0 } as const;
  await t.rejects(ask(question));
});
