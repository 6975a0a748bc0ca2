import type {
  CheckedDocument,
  CheckedPolicy,
  Finding,
  Issue,
  PolicyTest,
  Result,
  ServerSection,
  SourceText,
} from '@postern/model';
import { refuses } from '@postern/model';
import { attach } from './attach.ts';
import { NOWHERE } from './condition/fold.ts';
import { MAX_ISSUES } from './findings.ts';
import { checkConsumers, checkCredentials, credentialKeys } from './consumers.ts';
import { checkGroups } from './groups.ts';
import { homeFinder } from './homes.ts';
import type { Inspection } from './inspection.ts';
import { remark } from './inspection.ts';
import { inDocumentOrder, toIssues } from './issue.ts';
import type { Known } from './known.ts';
import { collectNames } from './names.ts';
import { NOTHING_WIDER, join } from './join.ts';
import { order } from './order.ts';
import { parse } from './parse.ts';
import { freeze } from './plain.ts';
import { checkAttached, checkPolicies } from './policies.ts';
import { checkRequire } from './require.ts';
import { resolve } from './resolve.ts';
import type { DocumentText } from './schema/document.ts';
import { Document } from './schema/document.ts';
import { allowedBy } from './secrets.ts';
import { checkServer } from './server-section.ts';
import { checkTests } from './tests.ts';
import { testGround } from './test-ground.ts';
import type { Tree } from './tree.ts';
import { checkUpstreams } from './upstreams.ts';
import { validate } from './validate.ts';

/**
 * Checks a document, the whole of stage 1: text to tree, references, schema, names, order. Pure; nothing is awaited. Either
 * a checked document with its warnings, frozen, or every issue that stands against it - never a part of it.
 *
 * @example
 * const result = checkDocument({ text, origin: 'gateway.yaml', revision: 1 }, { plugins, environment, unresolved: 'error' });
 * if (result.kind === 'refused') for (const issue of result.issues) console.error(formatIssue(issue));
 */
export function checkDocument(source: SourceText, known: Known): Result<CheckedDocument> {
  const { tree, issues: badText } = parse(source);
  if (tree === undefined) return { kind: 'refused', issues: badText };
  const { server } = known;
  const { references, findings: unresolved } = resolve(tree, {
    ...known,
    allowed: server === undefined ? undefined : allowedBy(server.secrets),
  });
  const subject = { node: tree.root, path: [], references, homesOf: homeFinder(known.plugins) };
  const { value: text, findings: badShape } = validate(Document, subject);
  const findings: Finding[] = [...unresolved, ...badShape];
  if (server !== undefined) ignoreServer(findings, text);
  const document = checkMeaning({ tree, known, references, findings }, text);
  const issues = capped(inDocumentOrder([...badText, ...toIssues(findings, tree)]), tree);
  if (refuses(issues)) return { kind: 'refused', issues };
  return { kind: 'accepted', value: freeze({ ...document, warnings: issues }), warnings: issues };
}

/** What the schema cannot see: names, addresses, paths, overlaps, and what runs where. */
function checkMeaning(inspection: Inspection, text: DocumentText): CheckedDocument {
  const { upstreams: upstreamTexts = [], policies: policyTexts = [], apiGroups: groupTexts = [] } = text;
  const { consumers: consumerTexts = [] } = text;
  const server = inspection.known.server ?? checkServer(inspection, text.server ?? {});
  const upstreams = checkUpstreams(inspection, { texts: upstreamTexts, denied: server.denyTargets });
  const callers = checkCredentials(inspection, consumerTexts);
  const policies = checkPolicies(inspection, policyTexts, credentialKeys(callers, inspection.known.plugins));
  const attachable = {
    names: collectNames(inspection, { kind: 'policy', path: ['policies'], things: policies }),
    policies,
    attached: new Set<string>(),
  };
  const path = ['gateway', 'policies'];
  const list = attach(inspection, { entries: text.gateway?.policies, level: 'gateway', path }, attachable);
  const inherited = join(inspection, NOTHING_WIDER, { list, skipped: new Map() });
  const groups = checkGroups(inspection, groupTexts, {
    upstreams: collectNames(inspection, { kind: 'upstream', path: ['upstreams'], things: upstreamTexts }),
    listeners: { kind: 'listener', byName: byName(server.listeners), shown: server.listeners.map(({ name }) => name) },
    attachable,
    inherited,
  });
  const consumers = checkConsumers(inspection, { texts: consumerTexts, callers }, attachable);
  checkEmptiness(inspection, text, server);
  // A list that is wrong attaches less than was meant: one mistake, one issue.
  if (!refuses(inspection.findings)) checkAttached(inspection, policies, attachable.attached);
  const { pipeline: gateway, absent: gatewayAbsent } = order(inherited.uses, { group: NOWHERE, route: NOWHERE });
  const running = new Set(
    [gateway, ...groups.flatMap(({ pipelines }) => pipelines), ...consumers.map(({ pipeline }) => pipeline)]
      .flat()
      .map(({ policy }) => policy),
  );
  const tests = allTests(inspection, text, {
    policies: attachable.names,
    listeners: server.listeners,
    gateway,
    groups,
    consumers,
  });
  return {
    origin: inspection.tree.file,
    server,
    gateway,
    gatewayAbsent,
    require: checkRequire(inspection, text.gateway?.require ?? [], 'gateway'),
    upstreams,
    policies: policies.map((policy) => withMode(policy, running)),
    groups,
    consumers,
    tests,
    warnings: [],
  };
}

/** The tests beside the policies, then those of the document. */
function allTests(
  inspection: Inspection,
  text: DocumentText,
  checked: Parameters<typeof testGround>[0],
): readonly PolicyTest[] {
  const { policies = [], tests = [] } = text;
  if (tests.length === 0 && policies.every((policy) => policy.tests === undefined)) return [];
  const ground = testGround(checked);
  const beside = policies.flatMap(({ name, tests: own = [] }, position) => {
    const policy = checked.policies.byName.get(name);
    return checkTests(inspection, own, { path: ['policies', position, 'tests'], policy, ground });
  });
  return [...beside, ...checkTests(inspection, tests, { path: ['tests'], policy: undefined, ground })];
}

/** People put the file they have on the bus: its server section is no reason to refuse it, mistakes in it included. */
function ignoreServer(findings: Finding[], text: DocumentText): void {
  const others = findings.filter(({ path }) => path[0] !== 'server');
  findings.splice(0, findings.length, ...others);
  if (text.server === undefined) return;
  findings.push({
    severity: 'warning',
    code: 'server/ignored',
    path: ['server'],
    atKey: true,
    message: "ignored in a document from the bus: the one of the node's file holds",
    fix: 'take it out of what is pushed, or leave it: it changes nothing',
  });
}

/** A policy that is off but enforced by an entry of a list has to be compiled. */
function withMode(policy: CheckedPolicy, running: ReadonlySet<string>): CheckedPolicy {
  return policy.mode === 'off' && running.has(policy.name) ? { ...policy, mode: 'enforce' } : policy;
}

function byName<Thing extends { readonly name: string }>(things: readonly Thing[]): ReadonlyMap<string, Thing> {
  return new Map(things.map((thing) => [thing.name, thing]));
}

/** A document without groups is what a half-written or wiped one looks like: whoever means it has to say so. */
function checkEmptiness(inspection: Inspection, text: DocumentText, server: ServerSection): void {
  if ((text.apiGroups ?? []).length > 0 || text.gateway?.allowEmpty === true) return;
  // The file of a node whose documents come from the bus may hold the server section alone.
  if (inspection.known.server === undefined && server.nats !== undefined) return;
  const elsewhere = ({ path, severity }: Finding): boolean =>
    severity === 'error' && (path.length === 0 || path[0] === 'apiGroups');
  if (inspection.findings.some(elsewhere)) return;
  const fix = 'add an API group, or write gateway: { allowEmpty: true } to serve nothing on purpose';
  const path = text.apiGroups === undefined ? [] : ['apiGroups'];
  remark(inspection, path, { code: 'document/no-groups', message: 'the document has no API groups', fix });
}

function capped(issues: readonly Issue[], tree: Tree): readonly Issue[] {
  if (issues.length <= MAX_ISSUES) return issues;
  const errorsFirst = issues.toSorted(
    (one, other) => Number(other.severity === 'error') - Number(one.severity === 'error'),
  );
  const shown = inDocumentOrder(errorsFirst.slice(0, MAX_ISSUES));
  const message = `there are more issues than these ${MAX_ISSUES}`;
  const severity = refuses(shown) ? 'error' : 'warning';
  const more = { severity, code: 'document/too-many-issues', message, fix: 'mend the first ones' } as const;
  return [...shown, { ...more, file: tree.file, line: 1, column: 1, pointer: '' }];
}
