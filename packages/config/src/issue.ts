import type { CheckedPolicy, Finding, Issue, Path } from '@postern/model';
import { printable, quoted } from './quote.ts';
import { redact } from './redact.ts';
import type { Node, Tree } from './tree.ts';
import { childOf, placeOfKey, placeOfPath, pointerOf } from './tree.ts';

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Turns findings into issues: path to place, pointer and the readable path that opens the message. In document order. */
export function toIssues(findings: readonly Finding[], tree: Tree): Issue[] {
  return inDocumentOrder(findings.map((finding) => toIssue(finding, tree)));
}

/** Sorts by line and column; what stands at one place keeps its order. */
export function inDocumentOrder(issues: readonly Issue[]): Issue[] {
  return issues.toSorted((one, other) => one.line - other.line || one.column - other.column);
}

function toIssue(finding: Finding, tree: Tree): Issue {
  const { severity, code, path, message, fix } = finding;
  const place = finding.place ?? (finding.atKey === true ? placeOfKey(tree, path) : placeOfPath(tree, path));
  const readable = readablePath(tree.root, path);
  return {
    severity,
    code,
    message: readable === '' ? message : `${readable}: ${message}`,
    file: place.file,
    line: place.line,
    column: place.column,
    pointer: pointerOf(path),
    fix,
  };
}

/** `apiGroups.storefront.routes.list.path`: members of a list that have a name are shown by it. */
function readablePath(root: Node, path: Path): string {
  let shown = '';
  let node: Node | undefined = root;
  for (const step of path) {
    node = node === undefined ? undefined : childOf(node, step);
    shown += typeof step === 'number' ? listStep(node, step) : keyStep(step, shown === '');
  }
  return shown;
}

function listStep(node: Node | undefined, position: number): string {
  const name = node?.kind === 'map' ? node.members.get('name')?.value : undefined;
  if (name?.kind !== 'scalar' || typeof name.value !== 'string') return `[${position}]`;
  return NAME.test(name.value) ? `.${name.value}` : `[${position}]`;
}

function keyStep(key: string, first: boolean): string {
  if (!PLAIN_KEY.test(key)) return `[${quoted(key)}]`;
  return first ? printable(key) : `.${printable(key)}`;
}

/**
 * Turns what a plugin's `compile` found (paths relative to its config) into issues with places in the document. Texts that
 * came from `${...}` are shown as they were written; a finding about a value that could not be resolved here is left out:
 * the warning about the reference says it all. Pure.
 */
export function locate(findings: readonly Finding[], policy: CheckedPolicy): Issue[] {
  const issues: Issue[] = [];
  for (const finding of findings) {
    const pointer = pointerOf(finding.path);
    if (policy.references[pointer]?.resolved === false) continue;
    const ofKey = finding.atKey === true ? policy.keyPlaces?.[pointer] : undefined;
    const place = ofKey ?? nearestPlace(policy, finding.path);
    const { message, fix } = redact(finding, policy);
    const readable = `policies.${policy.name}.config${readableRest(finding.path)}`;
    issues.push({
      severity: finding.severity,
      code: finding.code,
      message: `${readable}: ${message}`,
      file: place.file,
      line: place.line,
      column: place.column,
      pointer: policy.pointer + pointer,
      fix,
    });
  }
  return issues;
}

function readableRest(path: Path): string {
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : keyStep(step, false))).join('');
}

function nearestPlace(policy: CheckedPolicy, path: Path): CheckedPolicy['place'] {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = policy.places[pointerOf(path.slice(0, length))];
    if (place !== undefined) return place;
  }
  return policy.place;
}
