// All processes write to one output: a pipe takes a write in one piece only up to 4 KiB.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { liveOf, workersFor } from '../kit/workers-process.ts';

test('no line of the log is torn by another worker, however long it is and however slowly it is read', async (t) => {
  const gateway = await workersFor(t, { workers: 3, live: liveOf('1', { log: 'plugin: access-log' }) });
  const { stdout } = gateway.run.child;
  const lengths = [10, 900, 3_500, 3_900, 4_100, 7_000];
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    // A reader that stops now and then: the pipe fills up, and writes come back undone.
    if (round % 2 === 0) stdout?.pause();
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const length = lengths[at % lengths.length] ?? 0;
        const path = `/${'é'.repeat(at % 7)}${'p'.repeat(length)}`;
        return (await fetch(encodeURI(`${gateway.url}${path}`), { headers: { connection: 'close' } })).status;
      }),
    );
    t.same(new Set(answers), new Set([200]));
    await delay(50);
    stdout?.resume();
  }
  const lines = (): readonly string[] => gateway.run.out().split('\n').slice(0, -1);
  const exchanges = (): readonly { readonly worker?: unknown; readonly path?: string; readonly cut?: boolean }[] =>
    lines()
      .map((line) => JSON.parse(line))
      .filter((line) => 'durationMs' in line);
  await until(
    async () => exchanges().length === rounds * 60,
    () => `${exchanges().length} lines`,
  );
  t.same(
    new Set(exchanges().map(({ worker }) => typeof worker)),
    new Set(['number']),
    'each says which worker wrote it',
  );
  t.ok(new Set(exchanges().map(({ worker }) => worker)).size > 1, 'more than one did');
  for (const line of lines()) if (Buffer.byteLength(line) >= 4_096) t.fail(`a line of ${line.length} characters`);
  const long = exchanges().filter(({ cut }) => cut === true);
  t.equal(long.length, rounds * 30, 'lines that a pipe would not take in one piece are cut, and say so');
  t.ok(long.every(({ path }) => path?.endsWith('...')));
});
