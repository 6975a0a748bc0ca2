import { problem } from '@postern/kit';
import type { CompileContext, Finding } from '@postern/kit';

/** One edit as people write it in a list of rules. */
interface WrittenRule {
  readonly operation: 'upsert' | 'remove' | 'rename' | 'replace';
  readonly location: 'header' | 'query' | 'body';
  readonly key: string;
  readonly value?: unknown;
}

/** The edits of one location as people write them in maps. */
interface WrittenEdits {
  readonly remove?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly add?: Readonly<Record<string, unknown>>;
}

/** What a config says of its edits. */
export interface WrittenMessage {
  readonly rules?: readonly WrittenRule[];
  readonly headers?: WrittenEdits;
  readonly query?: WrittenEdits;
  readonly body?: WrittenEdits;
}

type Path = Finding['path'];

/** One edit of one location, whichever form it was written in. */
export interface Rule {
  readonly operation: 'upsert' | 'add' | 'remove' | 'rename' | 'replace';
  readonly location: WrittenRule['location'];
  readonly key: string;
  readonly value: unknown;
  readonly keyAt: Path;
  readonly valueAt: Path;
  /** True where the key is the key of a map. */
  readonly atKey: boolean;
}

/** Where the problems of one config gather. */
export class Report {
  readonly plugin: string;
  readonly direction: 'request' | 'response';
  readonly context: CompileContext;
  readonly problems: Finding[] = [];

  constructor(plugin: string, direction: 'request' | 'response', context: CompileContext) {
    this.plugin = plugin;
    this.direction = direction;
    this.context = context;
  }

  /** Notes a problem; its code becomes `<plugin>/<reason>`. */
  problem(found: Omit<Finding, 'severity' | 'code'> & { readonly reason: string }): void {
    const { reason, ...rest } = found;
    this.problems.push(problem({ code: `${this.plugin}/${reason}`, ...rest }));
  }

  /** Notes what is wrong with a template. */
  template(findings: readonly Finding[], path: Path): void {
    for (const finding of findings) this.problems.push({ ...finding, path });
  }
}

/** Both forms as one list: rules as they stand, then the maps: remove, rename, set, add. Pure but for what it reports. */
export function toRules(written: WrittenMessage, report: Report): readonly Rule[] {
  return [
    ...(written.rules ?? []).flatMap((rule, at) => ruleOf(rule, at, report)),
    ...mapRules(written.headers ?? {}, { location: 'header', member: 'headers' }, report),
    ...mapRules(written.query ?? {}, { location: 'query', member: 'query' }, report),
    ...mapRules(written.body ?? {}, { location: 'body', member: 'body' }, report),
  ];
}

function ruleOf(rule: WrittenRule, at: number, report: Report): readonly Rule[] {
  const { operation, location, key, value } = rule;
  const [keyAt, valueAt] = [
    ['rules', at, 'key'],
    ['rules', at, 'value'],
  ];
  if (operation === 'remove' && value !== undefined) {
    const message = 'remove takes no value';
    report.problem({ reason: 'value', path: valueAt, message, fix: 'take value out, or write another operation' });
    return [];
  }
  if (operation !== 'remove' && value === undefined) {
    const fix = operation === 'rename' ? 'write the new name in value' : 'write value, or operation: remove';
    report.problem({ reason: 'value', path: ['rules', at], message: `${operation} needs a value`, fix });
    return [];
  }
  return [{ operation, location, key, value, keyAt, valueAt, atKey: false }];
}

interface Place {
  readonly location: WrittenRule['location'];
  readonly member: string;
}

function* mapRules(written: WrittenEdits, { location, member }: Place, report: Report): Generator<Rule> {
  const seen = new Set<string>();
  const once = (key: string, path: Path): boolean => {
    const name = location === 'header' ? key.toLowerCase() : key;
    if (!seen.has(name)) return seen.add(name) !== undefined;
    const message = `${JSON.stringify(key)} is edited twice`;
    const fix = 'keep one of the edits, or write them as rules, whose order you say';
    report.problem({ reason: 'named-twice', path, message, fix, atKey: typeof path.at(-1) === 'string' });
    return false;
  };
  for (const [at, key] of (written.remove ?? []).entries()) {
    const path = [member, 'remove', at];
    if (once(key, path))
      yield { operation: 'remove', location, key, value: undefined, keyAt: path, valueAt: path, atKey: false };
  }
  for (const kind of ['rename', 'set', 'add'] as const) {
    const operation = kind === 'set' ? 'upsert' : kind;
    for (const [key, value] of Object.entries(written[kind] ?? {})) {
      const path = [member, kind, key];
      if (once(key, path)) yield { operation, location, key, value, keyAt: path, valueAt: path, atKey: true };
    }
  }
}
