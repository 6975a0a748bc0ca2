import type {
  AdminAddress,
  Limits,
  Listener,
  MetricsSection,
  NatsSection,
  ServerSection,
  SheddingSection,
} from '@postern/model';
import { metricLabel } from '@postern/model';
import type { Inspection } from './inspection.ts';
import { isJudged, placeOf, remark, shownAt } from './inspection.ts';
import { isLoopback, parseCidr } from './ip.ts';
import { checkAddress, checkListeners } from './listeners.ts';
import { canonicalJson } from './plain.ts';
import { quoted } from './quote.ts';
import { checkRequire } from './require.ts';
import type { ServerText } from './schema/document.ts';

/** Link-local addresses: where clouds keep the credentials of the machine. `denyTargets: []` lifts it. */
const DENIED = ['169.254.0.0/16', 'fe80::/10'];

const LIMITS: Limits = {
  headerBytes: 16 * 1024,
  headerCount: 100,
  urlBytes: 8 * 1024,
  bodyBytes: 10 * 1024 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  idleTimeout: 60_000,
  maxConnections: 10_000,
  maxStreams: 100,
  maxResets: 200,
};

const SHEDDING: SheddingSection = { closeAt: 0.92, refuseAt: 0.95, eventLoopDelay: 1000 };

/** Checks the server section and fills in its defaults. */
export function checkServer(inspection: Inspection, text: ServerText): ServerSection {
  checkRanges(inspection, text, 'trustedProxies');
  checkRanges(inspection, text, 'denyTargets');
  const listeners = text.listen === undefined ? [defaultListener(inspection)] : checkListeners(inspection, text.listen);
  const section = {
    name: text.name ?? 'postern',
    listeners,
    workers: text.workers ?? 1,
    workerMemory: checkWorkerMemory(inspection, text),
    trustedProxies: text.trustedProxies ?? [],
    limits: { ...LIMITS, ...text.limits },
    shedding: { ...SHEDDING, ...text.shedding },
    admin: checkAdmin(inspection, text, listeners),
    metrics: checkMetrics(inspection, text),
    plugins: text.plugins ?? [],
    secrets: { env: text.secrets?.env ?? [], files: text.secrets?.files ?? [] },
    require: checkRequire(inspection, text.require ?? [], 'server'),
    decisions: { keep: 1000, sample: 0.01, ...text.decisions },
    nats: natsSection(text),
    denyTargets: text.denyTargets ?? DENIED,
    drainTimeout: text.drainTimeout ?? 30_000,
  };
  return { ...section, key: keyOf(section) };
}

/** Places stay out of the key: a comment above the section is no change of it. */
function keyOf(section: Omit<ServerSection, 'key'>): string {
  const listeners = section.listeners.map(({ name, host, port, protocol, tls }) => ({
    name,
    host,
    port,
    protocol,
    tls,
  }));
  const require = section.require.map(({ title, groups, kind, plugins }) => ({ title, groups, kind, plugins }));
  return canonicalJson({ ...section, listeners, require, metrics: section.metrics.policyLabels });
}

/** Nobody takes the place of the only process. */
function checkWorkerMemory(inspection: Inspection, { workers = 1, workerMemory }: ServerText): number | undefined {
  const path = ['server', 'workerMemory'];
  if (workerMemory !== undefined && workers === 1 && isJudged(inspection, path)) {
    const message = `${shownAt(inspection, path)} bounds workers, and there is one process that nobody watches`;
    remark(inspection, path, {
      code: 'server/worker-memory',
      message,
      fix: 'set server.workers to 2 or more, or take the key out',
    });
  }
  return workerMemory;
}

/** Labels become names of Prometheus labels, where `team-a` and `team_a` would be one. */
function checkMetrics(inspection: Inspection, { metrics }: ServerText): MetricsSection {
  const path = ['server', 'metrics'];
  const labels = new Map<string, string>();
  for (const [position, label] of (metrics?.policyLabels ?? []).entries()) {
    const name = metricLabel(label);
    const other = labels.get(name);
    if (other === undefined) {
      labels.set(name, label);
      continue;
    }
    const at = [...path, 'policyLabels', position];
    const message = `${shownAt(inspection, at)} and ${quoted(other)} are one label in metrics: ${name}`;
    remark(inspection, at, { code: 'server/metric-label', message, fix: 'keep one of the two' });
  }
  return { policyLabels: [...labels.values()], place: placeOf(inspection, path) };
}

function natsSection({ name = 'postern', source }: ServerText): NatsSection | undefined {
  if (source?.nats === undefined) return undefined;
  const { servers, tls, credentials, nkey, token, user, password, inboxPrefix, ...rest } = source.nats;
  const { bucket = 'postern', key = name, lastGood = '.postern/last-good.json', trustedKeys = [] } = rest;
  const identity = { tls, credentials, nkey, token, user, password, inboxPrefix };
  return { servers, bucket, key, lastGood, trustedKeys, ...identity };
}

function defaultListener(inspection: Inspection): Listener {
  const place = placeOf(inspection, ['server']);
  return { name: 'public', host: '127.0.0.1', port: 8080, protocol: 'http', tls: undefined, place };
}

function checkRanges(inspection: Inspection, text: ServerText, key: 'trustedProxies' | 'denyTargets'): void {
  for (const [position, range] of (text[key] ?? []).entries()) {
    const path = ['server', key, position];
    if (parseCidr(range) !== undefined || !isJudged(inspection, path)) continue;
    const message = `${shownAt(inspection, path)} is not an IP address or a CIDR`;
    remark(inspection, path, {
      code: 'server/address-range',
      message,
      fix: 'write for example 10.0.0.0/8 or 2001:db8::/32',
    });
  }
}

function checkAdmin(inspection: Inspection, text: ServerText, listeners: readonly Listener[]): AdminAddress {
  const token = text.admin?.token;
  const path = ['server', 'admin', 'address'];
  const fallback = { host: '127.0.0.1', port: 9901 };
  const written = text.admin?.address;
  const taken = listeners.map((listener, position) => ({
    address: listener,
    path: ['server', 'listen', position, 'address'],
  }));
  const address = written === undefined ? fallback : checkAddress(inspection, written, { path, taken });
  if (token === '') {
    const fix = 'write a token, for example "${env:POSTERN_ADMIN_TOKEN}", or remove the key';
    remark(inspection, ['server', 'admin', 'token'], {
      code: 'server/admin-token',
      message: 'the token is empty',
      fix,
    });
  } else if (address !== undefined && token === undefined && !isLoopback(address.host)) {
    const message = `the admin port is open to ${shownAt(inspection, path)} without a token`;
    const fix = 'set admin.token, or listen on 127.0.0.1';
    if (isJudged(inspection, path)) remark(inspection, path, { code: 'server/admin-open', message, fix });
  }
  const { host, port } = address ?? fallback;
  return { host, port, token };
}
