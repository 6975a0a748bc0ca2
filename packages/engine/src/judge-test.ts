import { holdsPiece, secretsOf } from '@postern/config';
import type { CheckedDocument, DecidedPolicy, Issue, PlacedExpectation, PolicyTest } from '@postern/model';
import type { Rehearsal } from './rehearsal.ts';
import { deciderOf, verdictOf, wholeVerdict } from './tested-verdict.ts';

/** A test with all that came of it. */
interface Ran {
  readonly test: PolicyTest;
  readonly rehearsal: Rehearsal;
  readonly document: CheckedDocument;
}

/** What is wrong with what came of a test, an issue for each expectation, at its place. Pure. */
export function judge(test: PolicyTest, rehearsal: Rehearsal, document: CheckedDocument): readonly Issue[] {
  const ran = { test, rehearsal, document };
  const unanswered = rehearsal.decision.policies.flatMap((policy) => unansweredBy(test, policy));
  const found = unanswered.length > 0 ? unanswered : test.expect.flatMap((one) => judgeOne(ran, one));
  if (found.length === 0) return found;
  const inOrder = found.toSorted((one, other) => one.line - other.line || one.column - other.column);
  return isKnownHere(ran) ? inOrder : inOrder.map((issue) => ({ ...issue, severity: 'warning' }));
}

function judgeOne(ran: Ran, expectation: PlacedExpectation): readonly Issue[] {
  const away = notOnRoute(ran, expectation);
  if (away !== undefined) return [toIssue(ran.test, expectation, { code: 'tests/impossible', ...away })];
  const got = gotFor(ran, expectation);
  if (got === expectation.wanted) return [];
  const { decision } = ran.rehearsal;
  const shown = expectation.kind === 'verdict' && got === null ? NEVER_CAME : shownValue(ran, got);
  const [nearest] = decision.others;
  const lost = nearest === undefined ? '' : ` (${nearest.group}/${nearest.route} does not take it: ${nearest.reason})`;
  const instead = shown === HIDDEN_VALUE || shown === NEVER_CAME ? 'the expectation' : `expect ${shown}`;
  const fix =
    decision.route === null && expectation.kind !== 'route'
      ? `check host, path and method of the request${lost}, or ${instead}`
      : `change the policies, or ${instead}`;
  const message = `expected ${expectation.shown}, got ${shown}; ${deciderOf(decision)}`;
  return [toIssue(ran.test, expectation, { code: 'tests/failed', message, fix })];
}

/** What a policy says to which the request never came. */
const NEVER_CAME = 'nothing, as the request never came to it';

type Said = Pick<Issue, 'code' | 'message' | 'fix'>;

function toIssue({ title }: PolicyTest, { key, place, pointer }: PlacedExpectation, said: Said): Issue {
  return { severity: 'error', ...said, message: `${title}.${key}: ${said.message}`, ...place, pointer };
}

/** What came, in the form of what was wanted; null: there is none. */
function gotFor({ test, rehearsal }: Ran, expectation: PlacedExpectation): string | number | boolean | null {
  const { decision, answer, outgoing } = rehearsal;
  switch (expectation.kind) {
    case 'verdict': {
      const own = decision.policies.find(({ policy }) => policy === test.policy);
      return own === undefined ? wholeVerdict(decision) : (verdictOf(own, decision) ?? null);
    }
    case 'status':
      return decision.answer.status;
    case 'header':
      return (expectation.of === 'answer' ? answer.headers : outgoing)?.get(expectation.name) ?? null;
    case 'policy':
      return decision.answer.policy;
    case 'code':
      return decision.answer.code;
    case 'route':
      return decision.route === null ? null : `${decision.route.group}/${decision.route.route}`;
    case 'reachesUpstream':
      return decision.upstream !== null;
    default:
      return expectation satisfies never;
  }
}

/** A policy that is not in the list which ran can say nothing, whatever the request. */
function notOnRoute({ test, rehearsal }: Ran, expectation: PlacedExpectation): Omit<Said, 'code'> | undefined {
  const { kind, wanted } = expectation;
  const asked = kind === 'verdict' ? test.policy : kind === 'policy' ? wanted : null;
  const { policies, route } = rehearsal.decision;
  if (typeof asked !== 'string' || policies.some(({ policy }) => policy === asked)) return undefined;
  const where = route === null ? 'what answers a request that no route takes' : `${route.group}/${route.route}`;
  const others = policies.map(({ policy }) => policy).join(', ');
  return {
    message: `${asked} does not run on ${where}`,
    fix: `send a request that comes to it${others === '' ? '' : `; here run ${others}`}`,
  };
}

/** An enforced policy that asked outside what the test does not answer. */
function unansweredBy({ title, place }: PolicyTest, { policy, mode, steps }: DecidedPolicy): readonly Issue[] {
  if (mode !== 'enforce') return [];
  const asked = steps.flatMap((step) => step.asked).filter(({ answer }) => answer === 'would ask');
  return asked.slice(0, 1).map(({ key }) => ({
    severity: 'error',
    code: 'tests/unanswered',
    message: `${title}: ${policy} asks ${JSON.stringify(key)} outside the gateway, and the test gives no answer`,
    ...place,
    pointer: '',
    fix: `add outside: { ${policy}: { ${JSON.stringify(key)}: ... } }`,
  }));
}

/** Values of `${...}` are never shown, and a header may hold one. */
function shownValue({ test, document }: Ran, got: string | number | boolean | null): string {
  if (got === null) return 'null';
  if (typeof got !== 'string') return String(got);
  const said = got.toLowerCase();
  const secrets = [...test.secrets, ...document.policies.flatMap(secretsOf)];
  if (secrets.some((secret) => holdsPiece(said, secret))) return HIDDEN_VALUE;
  return JSON.stringify(got.length > LONGEST ? `${got.slice(0, LONGEST)}...` : got);
}

const LONGEST = 200;
/** Stands where a value may be one of a reference. */
const HIDDEN_VALUE = 'a value of ${...}, which is not shown';

/** Whether everything that shaped the outcome is known here: a reference may only be resolved on the node. */
function isKnownHere({ test, rehearsal, document }: Ran): boolean {
  const here = new Set(rehearsal.decision.policies.map(({ policy }) => policy));
  const policies = document.policies.filter(({ name }) => here.has(name));
  return (
    test.resolved && policies.every(({ references }) => Object.values(references).every(({ resolved }) => resolved))
  );
}
