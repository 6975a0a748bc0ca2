import type { Claims } from '@postern/kit';

/** Lists and maps inside one another that a token may have: nobody writes more, and what reads claims must not overflow. */
const DEEPEST = 32;

/** Reads JSON in UTF-8; undefined where it is none. Never throws. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** A value as a map of JSON; undefined where it is none. */
export function toMap(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

/** A frozen copy without prototypes; undefined where the value is no map, or has in it what claims must not have. */
export function toClaims(value: unknown): Claims | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return toBare(value, 1);
}

function toBare(value: object, depth: number): Claims | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- TypeScript has no type for an object without a prototype
  const bare: Record<string, unknown> = Object.create(null);
  for (const [name, member] of Object.entries(value)) {
    const below = copied(member, depth);
    if (below === undefined) return undefined;
    bare[name] = below;
  }
  return Object.freeze(bare);
}

/** Undefined for what is too deep, and for numbers beyond those of JavaScript (`1e999`), which are no data of JSON any more. */
function copied(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return undefined;
  if (!Array.isArray(value)) return toBare(value, depth + 1);
  const list: unknown[] = [];
  for (const member of value) {
    const below = copied(member, depth + 1);
    if (below === undefined) return undefined;
    list.push(below);
  }
  return Object.freeze(list);
}
