import { test } from 'tap';
import { firstDocument, rowBenchFor, runAllRows } from '../cases/cors-rows.ts';
import { stubPolicy } from '../cases/stub-policy.ts';
import { gatewayFor } from '../kit/gateway.ts';

test('every row of the public suites holds through a real listener and a real upstream', async (t) => {
  const bench = await rowBenchFor(t);
  await runAllRows(t, await gatewayFor(t, firstDocument(bench), [stubPolicy]), bench);
});
