import type { CheckedGroup, CheckedPolicy, Path, TestedRequest } from '@postern/model';
import { checkFields } from './test-fields.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, remark, shownAt } from './inspection.ts';
import { parseIp } from './ip.ts';
import { lookUp } from './names.ts';
import type { TestText } from './schema/tests.ts';
import type { TestGround } from './test-ground.ts';

/** An address of the documentation range (RFC 5737): nobody's. */
const CLIENT = '192.0.2.1';

/** Checks the request of a test and fills its defaults in, by the group that the policy is on. */
export function testedRequest(
  inspection: Inspection,
  text: TestText['request'],
  {
    path,
    policy,
    ground,
  }: { readonly path: Path; readonly policy: CheckedPolicy | undefined; readonly ground: TestGround },
): TestedRequest {
  checkPath(inspection, text.path, [...path, 'path']);
  checkClient(inspection, text.from, [...path, 'from']);
  const headers = checkFields(inspection, text.headers ?? {}, [...path, 'headers']);
  const group = (policy === undefined ? undefined : ground.groupOf.get(policy.name)) ?? ground.firstGroup;
  const named = text.listener;
  if (named !== undefined) {
    lookUp(inspection, [...path, 'listener'], { name: named, among: ground.listenerNames });
  }
  const name = named ?? group?.listeners?.[0] ?? ground.listeners[0]?.name ?? '';
  const protocol = ground.listenerNames.byName.get(name)?.protocol;
  const host = text.host ?? hostOf(group);
  const length = text.body === undefined ? [] : lengthOf(text.body, headers);
  return {
    method: text.method ?? 'GET',
    target: text.path,
    scheme: text.scheme ?? (protocol === 'https' ? 'https' : 'http'),
    headers: [['host', host], ...headers, ...length],
    body: text.body,
    from: text.from ?? CLIENT,
    protocol: text.http ?? (protocol === 'h2c' ? 'HTTP/2' : 'HTTP/1.1'),
    listener: name,
  };
}

/** The first host that is a name; of a wildcard, some name below it. */
function hostOf(group: CheckedGroup | undefined): string {
  const hosts = group?.hosts ?? [];
  const named = hosts.find((host) => !host.startsWith('*.'));
  return named ?? (hosts[0] === undefined ? 'any.example' : `any${hosts[0].slice(1)}`);
}

function lengthOf(body: string, headers: TestedRequest['headers']): TestedRequest['headers'] {
  if (headers.some(([name]) => name.toLowerCase() === 'content-length')) return [];
  return [['content-length', String(new TextEncoder().encode(body).length)]];
}

function checkPath(inspection: Inspection, target: string, path: Path): void {
  if (target.startsWith('/') || target === '*' || !isJudged(inspection, path)) return;
  const fix = target.includes('://') ? 'write the host under host, and the path alone here' : 'begin it with /';
  remark(inspection, path, { code: 'tests/path', message: `${shownAt(inspection, path)} is no path`, fix });
}

function checkClient(inspection: Inspection, from: string | undefined, path: Path): void {
  if (from === undefined || parseIp(from) !== undefined || !isJudged(inspection, path)) return;
  const message = `${shownAt(inspection, path)} is no IP address`;
  remark(inspection, path, { code: 'tests/address', message, fix: 'write for example 203.0.113.9 or 2001:db8::9' });
}
