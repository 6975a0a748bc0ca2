/** What a load generator sends, over and over. */
export interface Load {
  readonly protocol: 'http' | 'h2c';
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of a request body; 0: none. */
  readonly body: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What it saw. */
export interface LoadReport {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers with a status of 400 and above. */
  readonly refused: number;
  /** Connections that could not be made or broke, timeouts. */
  readonly broken: number;
}

/** Connections that are kept alive; over HTTP/2 streams, on an eighth as many connections. */
export const CONNECTIONS = 64;
const STREAMS = 8;

/** The script that makes wrk send a load and report as one line of JSON: its text has no percentiles that can be read exactly. */
export function wrkScript({ method, headers, body }: Load): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`);
  return `wrk.method = "${method}"
${lines.join('')}${body === 0 ? '' : `wrk.body = string.rep("x", ${body})\n`}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
`;
}

/** wrk on the script of a load. */
export function wrkWords(load: Load, script: string): readonly string[] {
  const { port, path, duration } = load;
  // It counts whole seconds only.
  const seconds = Math.max(1, Math.round(duration / 1000));
  // Its own 2 s are over sooner where others have the processor; a request that is lost is late for any limit.
  return [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '--timeout',
    '20s',
    '-s',
    script,
    `http://127.0.0.1:${port}${path}`,
  ];
}

/** Reads what the script had wrk print. Throws when it is not there. */
export function readWrk(output: string): LoadReport {
  const line = output.split('\n').find((line) => line.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk reported nothing: ${output.trim()}`);
  const { requests, microseconds, p50, p99, refused, broken } = JSON.parse(line);
  return { requests, perSecond: requests / (microseconds / 1e6), p50: p50 / 1000, p99: p99 / 1000, refused, broken };
}

/** h2load on a load: HTTP/2 without TLS. Every request's time goes into the file `log`, for the percentiles. */
export function h2loadWords({ port, path, headers, duration }: Load, log: string): readonly string[] {
  const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const connections = CONNECTIONS / STREAMS;
  const size = ['-c', `${connections}`, '-m', `${STREAMS}`, '-D', `${duration / 1000}s`];
  return [...size, `--log-file=${log}`, ...lines, `http://127.0.0.1:${port}${path}`];
}

/** Reads what h2load printed, and its log of requests. Throws when it printed no totals. */
export function readH2load(output: string, log: string): LoadReport {
  const totals = /requests: \d+ total, \d+ started, (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored/.exec(
    output,
  );
  const codes = /status codes: \d+ 2xx, \d+ 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output);
  const rate = /finished in [\d.]+\w+, ([\d.]+) req\/s/.exec(output);
  if (totals === null || codes === null || rate === null) throw new Error(`h2load reported nothing: ${output.trim()}`);
  const times = log
    .split('\n')
    .map((line) => Number(line.split('\t')[2]))
    .filter(Number.isFinite)
    .toSorted((one, other) => one - other);
  const at = (share: number): number => (times[Math.floor(times.length * share)] ?? 0) / 1000;
  const refused = Number(codes[1]) + Number(codes[2]);
  return {
    requests: Number(totals[1]),
    perSecond: Number(rate[1]),
    p50: at(0.5),
    p99: at(0.99),
    refused,
    // What it calls failed are the refusals too.
    broken: Math.max(Number(totals[2]), Number(totals[3])) - refused,
  };
}
