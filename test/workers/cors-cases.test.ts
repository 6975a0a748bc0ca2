// Correctness is not traded for processes: the rows of test/paths/cors-cases.test.ts, answered by two workers.
import { join } from 'node:path';
import { test } from 'tap';
import { firstDocument, rowBenchFor, runAllRows } from '../cases/cors-rows.ts';
import { gatewayFor } from '../kit/gateway.ts';

test('every row of the public suites holds with two workers, whichever of them a connection comes to', async (t) => {
  // Their lines would come between those of the test.
  process.env['POSTERN_LOG_LEVEL'] = 'silent';
  const stub = join(import.meta.dirname, '../cases/stub-module.ts');
  const bench = await rowBenchFor(t, `  workers: 2\n  plugins: [${JSON.stringify(stub)}]\n`);
  const gateway = await gatewayFor(t, firstDocument(bench));
  await runAllRows(t, gateway, bench);
  const { workers = [] } = gateway.cell.status();
  t.same(
    workers.map(({ state, restarts }) => ({ state, restarts })),
    [1, 2].map(() => ({ state: 'serving', restarts: 0 })),
  );
});
