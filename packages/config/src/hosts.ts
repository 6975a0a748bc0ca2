import type { Path } from '@postern/model';
import { isHostName } from './address.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, remark, shownAt } from './inspection.ts';
import { parseIp } from './ip.ts';

/** Checks the hosts of a group: names or `*.name`, lower-cased, each once. */
export function checkHosts(inspection: Inspection, hosts: readonly string[], path: Path): readonly string[] {
  const checked = new Set<string>();
  for (const [position, written] of hosts.entries()) {
    const at = [...path, position];
    if (!isJudged(inspection, at)) continue;
    const host = written.toLowerCase().replace(/\.$/, '');
    const name = host.startsWith('*.') ? host.slice(2) : host;
    const isAddress = !host.startsWith('*.') && isIpLiteral(host);
    if (!isHostName(name) && !isAddress) {
      const message = `${shownAt(inspection, at)} is not a host name`;
      remark(inspection, at, { code: 'groups/host', message, fix: mend(host) });
    } else if (checked.has(host)) {
      const message = `${shownAt(inspection, at)} is in this list already`;
      remark(inspection, at, { severity: 'warning', code: 'groups/host-twice', message, fix: 'remove one of the two' });
    } else checked.add(host);
  }
  return [...checked];
}

function isIpLiteral(host: string): boolean {
  return host.startsWith('[') && host.endsWith(']')
    ? parseIp(host.slice(1, -1))?.version === 6
    : parseIp(host)?.version === 4;
}

function mend(host: string): string {
  if (host === '*') return 'remove hosts: a group without it takes any host';
  if (host.includes('://')) return 'write the host name alone, without a scheme';
  if (host.includes('/')) return 'write the host name alone; a path goes to basePath';
  if (/:\d+$/.test(host)) return 'write the host name alone, without a port';
  if (host.includes('*')) return 'put the * in place of whole first labels: "*.example.com"';
  return 'write for example shop.example.com or "*.example.com"';
}
