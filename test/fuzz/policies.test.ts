/** Generated paths and origins: what the policies decided on is what is logged and what the upstream gets. */
import { test } from 'tap';
import { policiesThrough } from './policies.ts';
import { run } from './run.ts';

test('the path that matched is the path that is logged and sent, and the origin that is granted the one that came', async (t) => {
  await run(t, await policiesThrough(t), { short: 960, long: 300_000 });
});
