/** A row of faults, and what proves that it holds. */
export interface Row {
  readonly id: string;
  readonly fault: string;
  /** `yes`: a test fails when it does not hold. `partly`: of some of it, and the remark says which. `no`: nobody has tried. */
  readonly proven: 'yes' | 'partly' | 'no';
  /** Test files; the page names each once. */
  readonly tests: readonly string[];
  readonly remark: string;
}

const faults = (name: string): string => `test/faults/${name}.test.ts`;
const soak = (name: string): string => `test/soak/${name}.test.ts`;

const row = (id: string, fault: string, tests: readonly string[], remark = ''): Row => ({
  id,
  fault,
  proven: 'yes',
  tests,
  remark,
});
const partly = (id: string, fault: string, tests: readonly string[], remark: string): Row => ({
  ...row(id, fault, tests, remark),
  proven: 'partly',
});
const unproven = (id: string, fault: string, remark: string): Row => ({ ...row(id, fault, [], remark), proven: 'no' });

/** All rows of faults, in order. A row that is proven by now is written so here, by whoever proved it. */
export const ROWS: readonly Row[] = [
  row('N1', 'NATS absent at boot, last good present', [faults('nats-start'), soak('cold-start')]),
  row('N2', 'NATS absent at boot, no last good', [faults('nats-start')]),
  row('N3', 'NATS killed in the middle of an update', [faults('nats-broker'), faults('fleet-broker')]),
  partly('N4', 'Partition', [faults('nats-broker')], 'the alarm and the way back; not a day of it'),
  row('N5', 'NATS frozen', [faults('nats-broker')]),
  row('N6', 'NATS slow', [faults('nats-slow')]),
  row('N7', 'Bucket deleted, purged or rolled up', [faults('nats-history'), faults('signed')]),
  row('N8', 'Bucket restored from an old backup', [faults('nats-history')]),
  row('N9', 'Duplicate, reordered, stale, gap', [faults('nats-history'), faults('nats-broker')]),
  row('N10', 'Malformed, oversized, wrong schema, bad regex', [faults('nats-bad-documents')]),
  row('N11', 'Unauthorised publisher', [faults('nats-rights'), faults('signed')]),
  row('N12', 'Flood of documents', [faults('nats-flood')]),
  row('N13', 'Broker loses an acknowledged write', [faults('nats-history'), faults('nats-cluster')]),
  row('N14', 'Split brain', [faults('nats-history')]),
  row('M1', 'Half-applied fleet', [faults('fleet-mixed')]),
  row('M2', 'Nodes with different clocks', [faults('fleet-mixed'), 'packages/postern/test/clock.test.ts']),
  row('M3', 'Node joins during a rollout', [faults('fleet-joins')]),
  row('D1', 'Disk full at the write of the last good document', [faults('last-good')]),
  row('D2', 'Read-only disk', [faults('last-good')]),
  row(
    'D3',
    'Power cut during that write',
    ['packages/source-nats/test/last-good.test.ts'],
    'by SIGKILL at random points',
  ),
  row('D4', 'Last good document corrupt', ['packages/source-nats/test/last-good.test.ts', faults('last-good')]),
  row('D5', 'Last good document replaced', [faults('signed')]),
  row('D6', 'Slow disk', [faults('disk-slow')]),
  row('U1', 'Upstream refused', [faults('upstreams')], 'without a breaker: each request tries, and is refused at once'),
  row('U2', 'Upstream resets, closes early, or half', [faults('upstreams'), 'test/paths/proxy.test.ts']),
  row(
    'U3',
    'Upstream hangs',
    [faults('upstreams'), faults('upstream-hangs'), 'packages/server/test/upstream-pool.test.ts'],
    '1,000 that hang were tried beside others, whose times are printed and bounded loosely',
  ),
  partly(
    'U4',
    'Slow body, slow client',
    ['test/paths/upstream-faults.test.ts'],
    'the test bounds 192 KiB a stream, client included',
  ),
  row('U5', 'Keep-alive race', [soak('keep-alive-race'), 'test/paths/upstream-faults.test.ts']),
  partly(
    'U6',
    'Name moves, fails, or is bound to another address',
    [faults('upstream-names')],
    'by a preload in place of the system’s resolver. New connections follow at once; those that are kept stay at the old address until they end, for the system says no TTL',
  ),
  row(
    'U7',
    'Poisoned upstream connection',
    [soak('poisoned-upstream'), 'packages/server/test/upstream-answers.test.ts'],
    'bytes that come unasked after the next request was sent are taken for its answer, by anybody who uses a connection twice',
  ),
  row('P1', 'Worker crash', [
    faults('workers-die'),
    faults('workers-deadly'),
    faults('workers-deadly-first'),
    soak('worker-killed'),
  ]),
  row('P2', 'Parent crash', ['test/workers/drain.test.ts'], 'workers let what is in flight end, and end'),
  partly(
    'P3',
    'SIGTERM under load',
    ['test/paths/drain.test.ts', 'test/workers/drain.test.ts', soak('drain')],
    'idle connections are closed after a quiet quarter of a second, not after their idle timeout',
  ),
  row(
    'P4',
    'Rolling upgrade of the program',
    [faults('rolling-upgrade'), soak('rolling-upgrade')],
    'by sockets that a supervisor holds; not run under a systemd',
  ),
  row('P5', 'Reload storm', [soak('reloads'), 'test/reload/consistency.test.ts']),
  row('P6', 'Memory over 10,000 reloads', [soak('memory'), 'test/reload/memory.test.ts']),
  row('P7', 'No more file descriptors', [faults('open-files'), 'test/paths/limits.test.ts']),
  row(
    'P8',
    'Memory pressure',
    [faults('memory'), faults('workers-shedding'), 'packages/server/test/shedding.test.ts'],
    'by the limit of the heap; the limit of a container by given readings',
  ),
  row('P9', 'Starved of processor time', [faults('busy-loop')]),
  row('G1', 'Plugin throws', [faults('plugins-broken'), 'test/paths/on-error.test.ts']),
  row('G2', 'Plugin never calls back', [faults('plugins-broken')]),
  row(
    'G3',
    'Plugin blocks the event loop',
    [faults('workers-hang'), faults('workers-deadly-first'), faults('deadly')],
    'with two or more workers; one process that hangs stays so until its supervisor ends it',
  ),
  row('G4', 'Plugin leaks', [faults('workers-leak')], 'with two or more workers'),
  row(
    'G5',
    'Plugin answers twice, late, or writes to what is shared',
    [faults('plugins-broken'), faults('plugins-frozen')],
    'a second answer is dropped without a line in the log; the deadline has one',
  ),
  partly(
    'G6',
    'Plugin fails to build',
    [faults('plugins-frozen'), faults('workers-deadly-first')],
    'a module that never ends loading is refused after 2 s; a compile that loops cannot be stopped in its process: with workers the document is refused after three ended processes, without it hangs',
  ),
  row('G7', 'Error that nobody caught', [faults('workers-fail'), faults('plugins-uncaught')]),
  unproven('A1', 'Admin port: concurrent writers, torn upload, huge body', 'the admin port takes no writes yet'),
  partly(
    'A2',
    'Dashboard or telemetry down, log pipe full',
    [faults('telemetry'), 'packages/postern/test/log-lines.test.ts'],
    'log and metrics; there is no dashboard yet',
  ),
];
