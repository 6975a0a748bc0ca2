import { readFileSync } from 'node:fs';
import t from 'tap';
import { check } from './run-policy.ts';

interface ConfigCase {
  readonly id: string;
  readonly topic: string;
  readonly policy: Readonly<Record<string, unknown>> | null;
  readonly request: unknown;
  readonly expect: { readonly config?: string | readonly string[] };
}

const { cases }: { readonly cases: readonly ConfigCase[] } = JSON.parse(
  readFileSync(new URL('../../../test/cases/cors-cases.json', import.meta.url), 'utf8'),
);

t.test('configs of public suites are accepted, warned of or refused as their rows say', async (t) => {
  const rows = cases.filter(({ expect }) => expect.config !== undefined);
  for (const { id, policy, expect } of rows) {
    const { problems, warnings } = check(policy ?? {});
    const outcome = problems.length > 0 ? 'reject' : warnings.length > 0 ? 'warn' : 'accept';
    t.ok([expect.config].flat().includes(outcome), `${id}: ${outcome} ${JSON.stringify([...problems, ...warnings])}`);
    for (const found of [...problems, ...warnings]) t.not(found.fix, '', `${id} says how to mend it`);
  }
  t.equal(rows.filter(({ topic }) => topic === 'config').length, 36);
});

t.test('configs of all rows that send a request are accepted', async (t) => {
  for (const { id, policy, request } of cases) {
    if (request === null || policy === null) continue;
    const { mode, ...config } = policy;
    t.same(check(mode === 'rejectAll' ? { rejectAll: true } : config).problems, [], id);
  }
});
