import { isFieldValue, problem, refusedField } from '@postern/kit';
import type { Finding, RefusedField, ResponseExchange } from '@postern/kit';

/** One edit, ready for the request path. */
export type Edit =
  | { readonly kind: 'set' | 'add'; readonly name: string; readonly value: string }
  | { readonly kind: 'remove'; readonly name: string };

/** The edits of one direction as people write them. */
export interface WrittenEdits {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/** Turns what people write into what requests read, with every problem found on the way. Pure. */
export function toEdits(
  written: WrittenEdits,
  direction: 'request' | 'response',
): { readonly edits: readonly Edit[]; readonly problems: readonly Finding[] } {
  const edits: Edit[] = [];
  const problems: Finding[] = [];
  const seen = new Set<string>();

  function takeName(name: string, path: readonly (string | number)[]): void {
    const found = refusedName(name, direction) ?? (seen.has(name) ? namedTwice(name) : undefined);
    seen.add(name);
    if (found !== undefined) problems.push(problem({ ...found, path, atKey: typeof path.at(-1) === 'string' }));
  }

  for (const [at, name] of (written.remove ?? []).entries()) {
    takeName(name.toLowerCase(), [direction, 'remove', at]);
    edits.push({ kind: 'remove', name: name.toLowerCase() });
  }
  for (const kind of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(written[kind] ?? {})) {
      const path = [direction, kind, name];
      takeName(name.toLowerCase(), path);
      if (!isFieldValue(value)) problems.push(problem({ ...BAD_VALUE, path }));
      edits.push({ kind, name: name.toLowerCase(), value });
    }
  }
  return { edits, problems };
}

/** Names of headers whose value the edits decide alone: those set or removed, not those joined to. Pure. */
export function writtenNames({ set = {}, remove = [] }: WrittenEdits = {}): readonly string[] {
  return [...Object.keys(set), ...remove].map((name) => name.toLowerCase());
}

/** Makes the edits, in order. */
export function edit(list: ResponseExchange['outgoing'], edits: readonly Edit[]): void {
  for (const one of edits) {
    if (one.kind === 'set') list.set(one.name, one.value);
    else if (one.kind === 'add') list.add(one.name, one.value);
    else list.remove(one.name);
  }
}

// The value stays out of the message: it may be a secret.
const BAD_VALUE = {
  code: 'headers/value',
  message: 'the value has a line break, a control byte or a character beyond Latin-1',
  fix: 'use visible characters, spaces and tabs; encode anything else',
};

interface RefusedName {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

const CODES: Readonly<Record<RefusedField['reason'], string>> = {
  'cors-owned': 'headers/cors-owned',
  framing: 'headers/framing',
  'hop-by-hop': 'headers/hop-by-hop',
  host: 'headers/host',
  name: 'headers/name',
  reserved: 'headers/reserved',
};

function refusedName(name: string, direction: 'request' | 'response'): RefusedName | undefined {
  const refused = refusedField(name, direction);
  return refused && { code: CODES[refused.reason], message: refused.message, fix: refused.fix };
}

function namedTwice(name: string): RefusedName {
  return {
    code: 'headers/named-twice',
    message: `${name} is edited twice in one direction`,
    fix: 'keep one of the edits',
  };
}
