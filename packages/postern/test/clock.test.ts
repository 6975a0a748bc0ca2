// Row M2 of reliability.md, for the machine that a command runs on.
import { test } from 'tap';
import { natsBinaries } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';
import { run } from './spawn.ts';

for (const binary of natsBinaries())
  test(`a clock that is wrong by years hides no node that lives (${binary})`, async (t) => {
    const fleet = await startFleet(t, { binary });
    await fleet.bucket.put('config.edge', Buffer.from(EDGE));
    await fleet.say('a', { revision: 1 });
    const said = performance.now();
    for (const off of [-10 * 365 * 86_400_000, 3_600_000]) {
      const shift = `const now = Date.now; Date.now = () => now() + ${off}`;
      const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` };
      const { code, out } = await run(['status', '--json', '--nats', fleet.url, '--key', 'edge'], {
        cwd: t.testdir({}),
        environment,
      });
      t.equal(code, 0);
      const { nodes } = JSON.parse(out);
      t.match(nodes, [{ node: 'a', drift: 'current' }], `${off} ms`);
      t.ok(nodes[0].silentSeconds <= (performance.now() - said) / 1000 + 1, `${nodes[0].silentSeconds} s`);
    }
  });
