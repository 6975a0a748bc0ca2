import type { CheckedUpstream, Path, Target } from '@postern/model';
import type { Inspection } from './inspection.ts';
import { hasUnknownKey, isJudged, placeOf, remark, shownAt } from './inspection.ts';
import type { Cidr } from './ip.ts';
import { holds, parseCidr, parseIp } from './ip.ts';
import type { UpstreamText } from './schema/document.ts';
import { parseTarget } from './target.ts';

const TIMEOUTS = { connect: 5000, headers: 30_000, idle: 60_000 };
const WEB_SOCKET = { idle: 600_000, lifetime: 86_400_000 };

/** Stands for a target that only the node can resolve; a name that resolves nowhere (RFC 6761). */
const UNKNOWN: Target = { kind: 'tcp', scheme: 'http', host: 'placeholder.invalid', port: 80, path: '', socket: '' };

/** Checks the upstreams: targets or builtin, every target taken apart, none in a denied range. */
export function checkUpstreams(
  inspection: Inspection,
  { texts, denied }: { readonly texts: readonly UpstreamText[]; readonly denied: readonly string[] },
): CheckedUpstream[] {
  const ranges = denied.map((range) => parseCidr(range)).filter((range) => range !== undefined);
  return texts.map((text, position) => checkUpstream(inspection, text, { path: ['upstreams', position], ranges }));
}

interface At {
  readonly path: Path;
  readonly ranges: readonly Cidr[];
}

function checkUpstream(inspection: Inspection, text: UpstreamText, { path, ranges }: At): CheckedUpstream {
  const place = placeOf(inspection, path);
  if (text.builtin !== undefined) {
    if (text.targets !== undefined) {
      const message = 'an upstream has targets or builtin, not both';
      remark(inspection, [...path, 'builtin'], {
        code: 'upstreams/two-kinds',
        message,
        fix: 'remove one of them',
        atKey: true,
      });
    }
    return { kind: 'echo', name: text.name, place };
  }
  if (text.targets === undefined && !hasUnknownKey(inspection, path)) {
    const fix = 'add targets: [http://127.0.0.1:9000], or builtin: echo';
    remark(inspection, path, { code: 'upstreams/no-target', message: 'the upstream has no targets', fix });
  }
  const targets: Target[] = [];
  for (const [position, url] of (text.targets ?? []).entries()) {
    const target = checkTarget(inspection, url, { path: [...path, 'targets', position], ranges });
    if (target !== undefined) targets.push(target);
  }
  checkTls(inspection, text, { path, targets });
  return {
    kind: 'targets',
    name: text.name,
    targets,
    protocol: text.protocol ?? 'http1',
    preserveHost: text.preserveHost ?? false,
    timeouts: { ...TIMEOUTS, ...text.timeouts },
    webSocket: { ...WEB_SOCKET, ...text.webSocket },
    tls: { ...text.tls },
    maxConnections: text.maxConnections ?? 1024,
    maxQueue: text.maxQueue ?? 1024,
    place,
  };
}

function checkTarget(inspection: Inspection, url: string, { path, ranges }: At): Target | undefined {
  const parsed = parseTarget(url);
  if (parsed.kind === 'wrong') {
    const { message, fix } = parsed;
    if (!isJudged(inspection, path)) return UNKNOWN;
    remark(inspection, path, { code: 'upstreams/target', message: `${shownUrl(inspection, path)}: ${message}`, fix });
    return undefined;
  }
  const ip = parsed.target.kind === 'tcp' ? parseIp(parsed.target.host) : undefined;
  if (ip !== undefined && ranges.some((range) => holds(range, ip))) {
    const message = `${shownUrl(inspection, path)} is in a range that no upstream may be reached at`;
    remark(inspection, path, {
      code: 'upstreams/denied-target',
      message,
      fix: 'name another target, or change server.denyTargets',
    });
  }
  return parsed.target;
}

/** A URL with credentials is shown without them. */
function shownUrl(inspection: Inspection, path: Path): string {
  return shownAt(inspection, path).replace(/\/\/[^/@]*@/, '//...@');
}

function checkTls(
  inspection: Inspection,
  text: UpstreamText,
  at: { readonly path: Path; readonly targets: readonly Target[] },
): void {
  const { path, targets } = at;
  const { tls } = text;
  if (tls === undefined) return;
  if ((tls.cert === undefined) !== (tls.key === undefined) && !hasUnknownKey(inspection, [...path, 'tls'])) {
    const missing = tls.cert === undefined ? 'cert' : 'key';
    remark(inspection, [...path, 'tls'], {
      code: 'upstreams/half-certificate',
      message: `${missing} is missing: cert and key go together`,
      fix: `add ${missing}, or remove the other`,
      atKey: true,
    });
  }
  if (targets.length > 0 && targets.every(({ scheme }) => scheme === 'http')) {
    remark(inspection, [...path, 'tls'], {
      severity: 'warning',
      code: 'upstreams/tls-unused',
      message: 'no target of this upstream is https: tls has no use',
      fix: 'write https:// targets, or remove tls',
      atKey: true,
    });
  }
}
