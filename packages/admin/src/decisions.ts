import type { DecisionFilter } from '@postern/model';
import type { Problem } from './problem.ts';

/** Where the records are, and one of them below. */
export const DECISIONS = '/api/v1/decisions';

const MOST = 1000;
const TEXTS = ['group', 'route', 'policy', 'code'] as const;

/** The id that a path below `DECISIONS` names; undefined when it names none. */
export function decisionId(path: string): string | undefined {
  if (!path.startsWith(`${DECISIONS}/`)) return undefined;
  const id = path.slice(DECISIONS.length + 1);
  if (id === '' || id.includes('/')) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return undefined;
  }
}

/** Reads `status`, `group`, `route`, `policy`, `code` and `limit` of a query; anything else is a mistake to be told. */
export function readFilter(query: string): DecisionFilter | Problem {
  const filter: { -readonly [Key in keyof DecisionFilter]: DecisionFilter[Key] } = { limit: 100 };
  for (const [name, value] of new URLSearchParams(query)) {
    const text = TEXTS.find((known) => known === name);
    const number = name === 'status' ? 599 : name === 'limit' ? MOST : undefined;
    if (text !== undefined) filter[text] = value;
    else if (number === undefined) return badQuery(`There is no parameter ${JSON.stringify(name)}.`);
    else if (!/^\d{1,4}$/.test(value) || Number(value) < 1 || Number(value) > number)
      return badQuery(`${name} takes a number from 1 to ${number}.`);
    else filter[name === 'status' ? 'status' : 'limit'] = Number(value);
  }
  return filter;
}

function badQuery(wrong: string): Problem {
  const detail = `${wrong} Lists take status, group, route, policy, code and limit.`;
  return { status: 400, code: 'admin/bad-query', title: 'Bad Request', detail };
}

export const NO_DECISION: Problem = {
  status: 404,
  code: 'admin/no-decision',
  title: 'Not Found',
  detail:
    'Nothing is kept under this id: refusals and a sample of the rest are, the newest server.decisions.keep of them.',
};
