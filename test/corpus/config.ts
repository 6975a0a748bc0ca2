import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { check } from '@postern/control';
import { builtinPlugins } from 'postern';
import { bytesOf } from './case.ts';
import type { BadInput } from './case.ts';
import { ATTACKS } from './config-documents.ts';
import { SECRETS } from './document.ts';
import type { Lane } from './fixture.ts';
import type { Figures } from './gateway-process.ts';
import { isBadLine } from './invariants.ts';
import { cleanProbe } from './run-case.ts';
import type { Outcome, Probe } from './run-case.ts';

// Time is stretched for a busy machine; memory is not.
const STRETCH = 10;
const MEBIBYTE = 1024 * 1024;
/** Milliseconds that a document may take to be judged, on a busy machine. */
const LONGEST = 20_000;

interface Status {
  readonly digest: string;
  readonly reloads: { readonly accepted: number; readonly refused: number };
  readonly lastRefusal: { readonly issues: readonly { readonly code: string }[] } | null;
}

type Fate = 'accepted' | 'refused' | 'ignored';

let probes = 0;
const probe: Probe = () => {
  probes += 1;
  const target = `/echo/probe-config-${process.pid}-${probes}`;
  return { target, expected: `echo GET ${target}` };
};

/** A gateway whose file is written anew again and again, under a load of good requests. */
export class Followed {
  readonly #lane: Lane;
  readonly #good: string;
  readonly #lost: string[] = [];
  #over = false;
  readonly #loading: Promise<void>;
  #figures: Figures | undefined = undefined;

  /** `good`: the document that it serves. */
  constructor(lane: Lane, good: string) {
    this.#lane = lane;
    this.#good = good;
    this.#loading = this.#load();
  }

  async #load(): Promise<void> {
    while (!this.#over) {
      const { answer, expected } = await cleanProbe(this.#lane.plain, probe);
      if (answer?.status !== 200 || answer.body !== expected) this.#lost.push(`a good request got ${answer?.status}`);
      await wait(20);
    }
  }

  async close(): Promise<void> {
    this.#over = true;
    await this.#loading;
  }

  /** Gives it the document that stands for a row, and the row's own bytes, which are in other words, to the same check. */
  async run(row: BadInput): Promise<Outcome> {
    const begun = performance.now();
    const violations: string[] = [];
    if (row.bytes_b64 !== undefined) {
      const text = { kind: 'text', text: bytesOf(row), origin: 'foreign.yaml', revision: 1 } as const;
      const { kind } = await check(text, { plugins: builtinPlugins, variables: {}, unresolved: 'error' });
      if (kind !== 'refused') violations.push('its own bytes are accepted');
    }
    const own = ATTACKS.get(row.id)?.(this.#good);
    if (own === undefined) violations.push('no document of ours stands for it');
    else {
      const { fate, found } = await this.#offer(row, own);
      violations.push(...found);
      if (fate === 'accepted') await this.#write(this.#good);
    }
    return { row, time: performance.now() - begun, must: violations, target: violations };
  }

  async #offer(
    row: BadInput,
    text: string | Buffer,
  ): Promise<{ readonly fate: Fate; readonly found: readonly string[] }> {
    const { gateway } = this.#lane;
    const before = this.#figures ?? (await gateway.figures({ collect: true }));
    const firstLine = gateway.lines.length;
    const served = (await this.#status()).digest;
    const fate = await this.#write(text);
    const turn = await gateway.figures({ since: before.turns });
    const after = await gateway.figures({ collect: true });
    this.#figures = after;
    const { digest, lastRefusal } = await this.#status();
    const found = this.#lost.splice(0);
    if (row.expect.must === 'reject' && fate !== 'refused') found.push(`it was ${fate}`);
    if (fate === 'ignored') found.push('nobody was told');
    if (fate === 'refused' && (lastRefusal?.issues.length ?? 0) === 0) found.push('no issue says why');
    if (fate === 'refused' && digest !== served) found.push('what served before does not serve now');
    found.push(...boundViolations(row, { before, turn, after }));
    if (!gateway.alive()) found.push('I1 the gateway has ended');
    for (const line of gateway.lines.slice(firstLine).filter(isBadLine))
      found.push(`I8 in the log: ${line.slice(0, 300)}`);
    return { fate, found };
  }

  /** Puts a document where its file is, as tools do it: whole or not at all. Says what became of it. */
  async #write(text: string | Buffer): Promise<Fate> {
    const before = await this.#status();
    const { file } = this.#lane.gateway;
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    for (const end = performance.now() + LONGEST; performance.now() < end; await wait(30)) {
      const { reloads } = await this.#status();
      if (reloads.refused > before.reloads.refused) return 'refused';
      if (reloads.accepted > before.reloads.accepted) return 'accepted';
    }
    return 'ignored';
  }

  async #status(): Promise<Status> {
    const url = `http://127.0.0.1:${this.#lane.gateway.adminPort}/api/v1/status`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${SECRETS['CORPUS_TOKEN']}` } });
    return JSON.parse(await answer.text());
  }
}

interface Measured {
  readonly before: Figures;
  /** Of the time between, no collection of garbage in it. */
  readonly turn: Figures;
  readonly after: Figures;
}

function boundViolations({ expect: { limits = {} } }: BadInput, { before, turn, after }: Measured): readonly string[] {
  const violations: string[] = [];
  if (after.prototype !== before.prototype) violations.push('Object.prototype has another member');
  const growth = (after.kept - before.kept) / MEBIBYTE;
  if (growth > (limits.rss_growth_mib ?? Infinity)) violations.push(`memory grew by ${growth.toFixed(1)} MiB`);
  const time = limits.validate_ms ?? limits.apply_ms ?? Infinity;
  const cpu = turn.cpu - before.cpu;
  if (cpu > time * STRETCH) violations.push(`${Math.round(cpu)} ms of processor time, not ${time}`);
  const longest = limits.event_loop_block_ms ?? Math.min(time, 100);
  if (turn.longestTurn > longest * 3) violations.push(`the event loop stood for ${Math.round(turn.longestTurn)} ms`);
  return violations;
}
