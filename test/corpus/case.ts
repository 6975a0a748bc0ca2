import { readFileSync } from 'node:fs';

/** What a row wants to become of its input. */
export type Fate = 'reject' | 'local' | 'forward' | 'either';

/** One step of a script. */
interface Step {
  readonly send_b64?: string;
  readonly repeat?: number;
  readonly delay_ms?: number;
  readonly wait_ms?: number;
  readonly half_close?: boolean;
  readonly read?: boolean;
}

/** What the upstreams may see. */
export interface ExpectUpstream {
  readonly requests?: readonly [number, number];
  readonly body_if_any?: string;
  readonly body_any_of?: readonly string[];
  readonly body_len_if_any?: number;
  readonly target_if_any?: string;
  readonly target_under?: string;
  readonly target_never_resolves_to?: string;
  readonly no_target_containing?: readonly string[];
  readonly raw_not_containing?: readonly string[];
  readonly headers_absent?: readonly string[];
  readonly headers_present?: readonly string[];
  readonly headers_equal?: Readonly<Record<string, string>>;
  readonly headers_absent_values?: Readonly<Record<string, string>>;
  readonly header_bytes_if_any?: Readonly<Record<string, string>>;
  readonly xff_last_is?: string;
  readonly admin_contacted?: boolean;
  readonly canary_contacted?: boolean;
  readonly no_bytes_as_tunnel?: boolean;
}

/** What the client may see. */
interface ExpectClient {
  readonly headers_equal?: Readonly<Record<string, string>>;
  readonly headers_absent?: readonly string[];
  readonly vary_contains?: string;
  readonly vary_contains_also?: string;
  readonly header_not_containing?: Readonly<Record<string, string>>;
  readonly header_count_max?: Readonly<Record<string, number>>;
  readonly body_not_containing?: readonly string[];
  readonly status_not?: readonly number[];
  readonly responses_max?: number;
  readonly next_client_never_sees?: string;
  readonly must_not_look_complete?: boolean;
  readonly ws_close_code?: readonly number[];
}

/** Bounds. Of time and CPU, they are those of a quiet machine: a test stretches them. */
interface Bounds {
  readonly rss_growth_mib?: number;
  readonly event_loop_p99_ms?: number;
  readonly answer_within_ms?: number | string;
  readonly close_within_ms?: number;
  readonly bytes_accepted_max?: number;
  readonly cpu_ms_max?: number;
  readonly cpu_s_max?: number;
  readonly upstream_requests_max?: number;
  readonly conn_closed_before_streams?: number;
  readonly conn_closed_after_kib?: number;
  readonly validate_ms?: number;
  readonly apply_ms?: number;
  readonly event_loop_block_ms?: number;
}

/** What a row expects. */
interface Expect {
  readonly must: Fate;
  readonly target: Fate;
  readonly status?: readonly number[];
  readonly conn_close?: boolean;
  readonly upstream?: ExpectUpstream;
  readonly client?: ExpectClient;
  readonly limits?: Bounds;
}

/** One row of the corpus. */
export interface BadInput {
  readonly id: string;
  readonly class: string;
  readonly transport: 'raw-h1' | 'h2' | 'ws' | 'upstream-h1' | 'config';
  readonly bytes_b64?: string;
  readonly script?: readonly Step[];
  readonly construction?: string;
  readonly setup?: string;
  readonly expect: Expect;
}

const corpus: { readonly cases: readonly BadInput[] } = JSON.parse(
  readFileSync(new URL('../cases/badinput.json', import.meta.url), 'utf8'),
);

/** Every row, as it came. */
export const badInputs: readonly BadInput[] = corpus.cases;

/** The row of that id. */
export function badInput(id: string): BadInput {
  const found = badInputs.find((row) => row.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
}

/** The stored bytes of a row. */
export function bytesOf(row: BadInput): Buffer {
  if (row.bytes_b64 === undefined) throw new Error(`${row.id} has no bytes`);
  return Buffer.from(row.bytes_b64, 'base64');
}

/** Something to send to a connection, one step after the other. */
export type Move =
  | { readonly kind: 'send'; readonly bytes: Buffer; readonly times: number; readonly delay: number }
  | { readonly kind: 'wait'; readonly time: number }
  | { readonly kind: 'half-close' }
  | { readonly kind: 'stop-reading' };

/** A row's bytes or script as moves. `hurry` divides its delays: a test with shorter limits need not be slow. */
export function movesOf(row: BadInput, hurry = 1): readonly Move[] {
  if (row.script === undefined) return [{ kind: 'send', bytes: bytesOf(row), times: 1, delay: 0 }];
  return row.script.flatMap((step): readonly Move[] => {
    const moves: Move[] = [];
    if (step.read === false) moves.push({ kind: 'stop-reading' });
    if (step.send_b64 !== undefined) {
      const bytes = Buffer.from(step.send_b64, 'base64');
      moves.push({ kind: 'send', bytes, times: step.repeat ?? 1, delay: (step.delay_ms ?? 0) / hurry });
    }
    if (step.wait_ms !== undefined) moves.push({ kind: 'wait', time: step.wait_ms / hurry });
    if (step.half_close === true) moves.push({ kind: 'half-close' });
    return moves;
  });
}
