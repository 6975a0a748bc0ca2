import type { CheckedPolicy, Expectation, Path, PlacedExpectation, TestedVerdict } from '@postern/model';
import { checkFields } from './test-fields.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, placeOf, remark, shownAt } from './inspection.ts';
import { lookUp } from './names.ts';
import { quoted } from './quote.ts';
import type { TestText } from './schema/tests.ts';
import type { TestGround } from './test-ground.ts';
import { pointerOf } from './tree.ts';

/** Around the expectations of one test. */
export interface ExpectationsOf {
  readonly path: Path;
  readonly policy: CheckedPolicy | undefined;
  readonly ground: TestGround;
}

/** Lists what a test expects, one by one and each with its place. What can never come is an issue. */
export function checkExpectations(
  inspection: Inspection,
  text: TestText['expect'],
  of: ExpectationsOf,
): readonly PlacedExpectation[] {
  const placed: PlacedExpectation[] = [];
  const add = (below: Path, expectation: Expectation): void => {
    const path = [...of.path, ...below];
    const shown = expectation.wanted === null ? 'null' : shownAt(inspection, path);
    const key = `expect.${below.join('.')}`;
    placed.push({ ...expectation, key, shown, place: placeOf(inspection, path), pointer: pointerOf(path) });
  };
  const { verdict, status, policy, code, route, reachesUpstream } = text;
  if (verdict !== undefined) {
    checkVerdict(inspection, verdict, of);
    add(['verdict'], { kind: 'verdict', wanted: verdict });
  }
  if (status !== undefined) add(['status'], { kind: 'status', wanted: status });
  for (const [member, on] of [
    ['headers', 'answer'],
    ['outgoing', 'outgoing'],
  ] as const) {
    const fields = text[member] ?? {};
    checkFields(inspection, fields, [...of.path, member]);
    for (const [name, wanted] of Object.entries(fields)) {
      add([member, name], { kind: 'header', of: on, name: name.toLowerCase(), wanted });
    }
  }
  if (policy !== undefined) {
    checkPolicy(inspection, policy, of);
    add(['policy'], { kind: 'policy', wanted: policy });
  }
  if (code !== undefined) add(['code'], { kind: 'code', wanted: code });
  if (route !== undefined) {
    if (route !== null) lookUp(inspection, [...of.path, 'route'], { name: route, among: of.ground.routes });
    add(['route'], { kind: 'route', wanted: route });
  }
  if (reachesUpstream !== undefined) add(['reachesUpstream'], { kind: 'reachesUpstream', wanted: reachesUpstream });
  checkOutgoing(inspection, text, of.path);
  return placed;
}

function impossible(
  inspection: Inspection,
  path: Path,
  said: { readonly message: string; readonly fix: string },
): void {
  remark(inspection, path, { code: 'tests/impossible', ...said });
}

/** A policy says nothing where it never runs, and speaks with consequences only where it is enforced. */
function checkVerdict(inspection: Inspection, verdict: TestedVerdict, { path, policy, ground }: ExpectationsOf): void {
  const at = [...path, 'verdict'];
  const would = verdict.startsWith('would ');
  if (policy === undefined) {
    const fix = 'write the test beside the policy that is in shadow';
    if (would) impossible(inspection, at, { message: 'all policies together would do nothing: they do it', fix });
    return;
  }
  const modes = ground.modesOf.get(policy.name);
  const shown = quoted(policy.name);
  if (modes === undefined) {
    const message = `${shown} runs nowhere: it is off, or attached to nothing`;
    impossible(inspection, at, { message, fix: 'enforce and attach it, or take the test away' });
  } else if (would && !modes.has('shadow')) {
    const fix = `write ${verdict.slice('would '.length)}`;
    impossible(inspection, at, { message: `${shown} is nowhere in shadow: what it says, it does`, fix });
  } else if (!would && verdict !== 'continue' && !modes.has('enforce')) {
    const message = `${shown} is only in shadow: it does nothing`;
    impossible(inspection, at, { message, fix: `write would ${verdict}` });
  }
}

function checkPolicy(inspection: Inspection, name: string | null, { path, ground }: ExpectationsOf): void {
  const at = [...path, 'policy'];
  if (name === null) return;
  const policy = lookUp(inspection, at, { name, among: ground.policies });
  if (policy === undefined || ground.modesOf.get(name)?.has('enforce') === true || !isJudged(inspection, at)) return;
  const message = `${shownAt(inspection, at)} is enforced nowhere: it answers nothing`;
  impossible(inspection, at, { message, fix: 'name another policy, or null' });
}

function checkOutgoing(inspection: Inspection, { outgoing, reachesUpstream }: TestText['expect'], path: Path): void {
  if (outgoing === undefined || reachesUpstream !== false) return;
  const message = 'the upstream gets no header when it is not asked';
  const fix = 'take outgoing away, or write reachesUpstream: true';
  impossible(inspection, [...path, 'outgoing'], { message, fix });
}
