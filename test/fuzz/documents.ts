import { check, digestOf } from '@postern/control';
import type { Issue, SourceText } from '@postern/model';
import { builtinPlugins } from 'postern';
import type { Teardown } from '../corpus/recorder.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import type { Subject } from './campaign.ts';
import { anyDocument } from './document-mutations.ts';
import type { Input } from './input.ts';

/** Milliseconds of processor time of this thread that a small document may take, all in all. */
const LONGEST = 50;
/** Tries after which neither a compiler that warms up nor a collection of garbage is to blame. */
const TRIES = 5;
// A test that offers documents without a pause holds the event loop up: nobody is to be refused for that.
const FIRST = `${SERVER}  shedding: { eventLoopDelay: 60s }
upstreams: [{ name: up, builtin: echo }]\napiGroups: [{ name: first, upstream: up }]\n`;
const SETTINGS = {
  plugins: builtinPlugins,
  variables: { HOME: 'here', SECRET: 'x'.repeat(40) },
  unresolved: 'error',
} as const;

/** The subject, and what became of its documents so far. */
export interface Documents extends Subject {
  readonly accepted: () => number;
  /** Milliseconds of processor time: of those that took longest, the shortest try. */
  readonly slowest: () => number;
}

/** Texts of configuration the whole way, as a reload takes them, in front of a gateway that serves. */
export async function documentsInto(t: Teardown): Promise<Documents> {
  const gateway = await gatewayFor(t, FIRST);
  const first = await check(sourceOf({ text: FIRST, cuts: [] }), SETTINGS);
  if (first.kind !== 'accepted') throw new Error('the first document is refused');
  const ofBus = { ...SETTINGS, server: first.value.server };
  let accepted = 0;
  let slowest = 0;
  const offer = async (input: Input): Promise<Offered> => {
    const begun = process.threadCpuUsage();
    const offered = await offerTo(gateway, sourceOf(input), input.text.length % 5 === 0 ? ofBus : SETTINGS);
    const { user, system } = process.threadCpuUsage(begun);
    return { ...offered, took: (user + system) / 1000 };
  };
  return {
    name: 'documents',
    batch: 50,
    accepted: () => accepted,
    slowest: () => slowest,
    make: anyDocument,
    async play(inputs) {
      const found: string[][] = [];
      for (const input of inputs) {
        const before = membersOfPrototypes();
        const one = await offer(input).catch(brokenDown);
        const other = await offer(input).catch(brokenDown);
        let took = Math.min(one.took, other.took);
        for (let tries = 2; took > LONGEST && tries < TRIES; tries += 1)
          took = Math.min(took, (await offer(input).catch(brokenDown)).took);
        slowest = Math.max(slowest, took);
        if (one.kind === 'accepted') accepted += 1;
        const violations = [...one.violations, ...one.issues.flatMap((issue) => issueViolations(issue, input))];
        const errors = one.issues.filter(({ severity }) => severity === 'error').length;
        if (errors > 0 !== (one.kind === 'refused')) violations.push(`${one.kind}: with ${errors} errors`);
        if (JSON.stringify(one.issues) !== JSON.stringify(other.issues))
          violations.push('chance: other issues the second time');
        if (took > LONGEST) violations.push(`slow: ${took.toFixed(0)} ms of processor time`);
        if (membersOfPrototypes() !== before) violations.push('polluted: a prototype has another member');
        found.push(violations);
      }
      const { liveSnapshots } = gateway.cell.status();
      const general = liveSnapshots > 1 ? [`leak: ${liveSnapshots} snapshots live`] : [];
      for (const { record, message } of gateway.said.splice(0))
        if (/broke|failed|nobody caught/.test(message))
          general.push(`a mistake in the log: ${message} ${JSON.stringify(record)}`);
      return { found, general };
    },
  };
}

interface Offered {
  readonly kind: 'accepted' | 'refused' | 'broken';
  readonly issues: readonly Issue[];
  readonly violations: readonly string[];
  readonly took: number;
}

let revision = 1;

function sourceOf({ text }: Input): SourceText {
  const bytes = Buffer.from(text, 'latin1');
  revision += 1;
  // Files come as texts, values of the bus as bytes.
  return { text: text.length % 2 === 0 ? bytes : bytes.toString('utf8'), origin: 'gateway.yaml', revision };
}

/** Stages 1 to 3 and the swap; afterwards the old one serves or all of the new one. */
async function offerTo(
  { cell }: TestGateway,
  source: SourceText,
  settings: Parameters<typeof check>[1],
): Promise<Omit<Offered, 'took'>> {
  const served = cell.status();
  const checked = await check(source, settings);
  if (checked.kind === 'refused') return { ...checked, violations: stays(cell.status(), served) };
  const digest = digestOf(source);
  const applied = await cell.apply({ document: checked.value, revision: source.revision, digest });
  const now = cell.status();
  if (applied.kind === 'refused') return { ...applied, violations: stays(now, served) };
  const whole = now.digest === digest && now.revision === source.revision;
  const issues = [...checked.warnings, ...applied.warnings];
  return { kind: 'accepted', issues, violations: whole ? [] : [`partial: accepted, and ${now.revision} serves`] };
}

type Status = ReturnType<TestGateway['cell']['status']>;

function stays(now: Status, served: Status): readonly string[] {
  return now.digest === served.digest && now.revision === served.revision && now.ready
    ? []
    : [`partial: refused, and ${now.revision} serves in place of ${served.revision}`];
}

function brokenDown(error: unknown): Offered {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'broken', issues: [], violations: [`thrown: ${said}`], took: 0 };
}

/** An issue has a code, a mend, and a place that is in the text. */
function issueViolations({ code, file, line, column, message, pointer }: Issue, { text }: Input): readonly string[] {
  const lines = Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/);
  const own = lines[line - 1];
  const said = `${file}:${line}:${column} [${code}] ${message}`;
  const violations: string[] = [];
  if (code === 'control/broke-down') violations.push(`broke down: ${message}`);
  if (!/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(code)) violations.push(`no code: ${said}`);
  if (file !== 'gateway.yaml' || own === undefined || column < 1 || column > own.length + 1)
    violations.push(`no place: ${said}, of ${lines.length} lines, this one of ${own?.length}`);
  if (message === '' || (pointer !== '' && !pointer.startsWith('/'))) violations.push(`no message or pointer: ${said}`);
  return violations;
}

function membersOfPrototypes(): number {
  const all: readonly object[] = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
  return all.reduce((sum: number, prototype) => sum + Reflect.ownKeys(prototype).length, 0);
}
