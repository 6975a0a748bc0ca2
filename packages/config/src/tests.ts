import { bareRecord } from '@postern/model';
import type { CheckedPolicy, Path, PolicyTest } from '@postern/model';
import { checkExpectations } from './expectations.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, isSecret, placeOf, remark, shownAt } from './inspection.ts';
import { quoted } from './quote.ts';
import type { TestText } from './schema/tests.ts';
import { checkFields } from './test-fields.ts';
import { testedRequest } from './tested-request.ts';
import type { TestGround } from './test-ground.ts';
import type { Node } from './tree.ts';
import { childOf, nodeAt } from './tree.ts';

/** When tests are rehearsed, unless they say another time. */
const NOW = Date.UTC(2026, 0, 1);

/** A list of tests: beside a policy, or of the document. */
export interface TestsAt {
  readonly path: Path;
  readonly policy: CheckedPolicy | undefined;
  readonly ground: TestGround;
}

/** Checks a list of tests: what they name is known, what they send could be sent, what they expect could come. */
export function checkTests(inspection: Inspection, texts: readonly TestText[], at: TestsAt): readonly PolicyTest[] {
  return texts.map((text, position) => checkTest(inspection, text, { ...at, path: [...at.path, position] }));
}

function checkTest(inspection: Inspection, text: TestText, at: TestsAt): PolicyTest {
  const { path, policy, ground } = at;
  const upstream = text.upstream ?? {};
  const headers = checkFields(inspection, upstream.headers ?? {}, [...path, 'upstream', 'headers']);
  const outside = text.outside ?? bareRecord<Readonly<Record<string, unknown>>>();
  for (const name of Object.keys(outside)) {
    if (ground.policies.byName.has(name)) continue;
    const message = `there is no policy ${quoted(name)}`;
    const fix = 'name a policy of this document, and below it the keys that it asks for';
    remark(inspection, [...path, 'outside', name], { code: 'tests/impossible', message, fix, atKey: true });
  }
  return {
    title: titleOf(inspection, text, at),
    policy: policy?.name,
    request: testedRequest(inspection, text.request, { path: [...path, 'request'], policy, ground }),
    upstream: { status: upstream.status ?? 200, headers: Object.fromEntries(headers), body: upstream.body },
    outside,
    now: timeOf(inspection, text.now, [...path, 'now']),
    random: text.random ?? 0.5,
    expect: checkExpectations(inspection, text.expect, { path: [...path, 'expect'], policy, ground }),
    ...referencesOf(inspection, nodeAt(inspection.tree, path)),
    place: placeOf(inspection, path),
  };
}

function titleOf(inspection: Inspection, { name }: TestText, { path, policy }: TestsAt): string {
  const list = policy === undefined ? 'tests' : `policies.${policy.name}.tests`;
  if (name === undefined || isSecret(inspection, [...path, 'name'])) return `${list}[${path.at(-1) ?? 0}]`;
  return `${list} ${quoted(name)}`;
}

function timeOf(inspection: Inspection, now: string | undefined, path: Path): number {
  if (now === undefined) return NOW;
  const time = Date.parse(now);
  if (!Number.isNaN(time) && /^\d{4}-\d\d-\d\d/.test(now)) return time;
  const message = `${shownAt(inspection, path)} is no time`;
  if (isJudged(inspection, path)) {
    remark(inspection, path, { code: 'tests/time', message, fix: 'write for example "2026-01-01T00:00:00Z"' });
  }
  return NOW;
}

/** What came from `${...}` anywhere in a test. */
function referencesOf(inspection: Inspection, test: Node | undefined): Pick<PolicyTest, 'secrets' | 'resolved'> {
  const secrets: string[] = [];
  let resolved = true;
  const visit = (node: Node): void => {
    const reference = inspection.references.get(node);
    if (reference !== undefined) {
      secrets.push(reference.text);
      resolved &&= reference.resolved;
    }
    const steps = node.kind === 'scalar' ? [] : node.kind === 'list' ? node.items.keys() : node.members.keys();
    for (const step of steps) {
      const child = childOf(node, step);
      if (child !== undefined) visit(child);
    }
  };
  if (inspection.references.size > 0 && test !== undefined) visit(test);
  return { secrets, resolved };
}
