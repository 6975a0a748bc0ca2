import { create } from 'jsondiffpatch';

/** One difference between two documents. Positions in lists count from 1, as people do. */
export type Change =
  | { readonly kind: 'added'; readonly path: string; readonly value: unknown }
  | { readonly kind: 'removed'; readonly path: string; readonly value: unknown }
  | { readonly kind: 'changed'; readonly path: string; readonly before: unknown; readonly after: unknown }
  | { readonly kind: 'moved'; readonly path: string; readonly before: number; readonly after: number };

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/;

// What has a name is the same thing under that name, wherever it stands; anything else is itself only.
const differ = create({ objectHash: (item) => nameOf(item) ?? JSON.stringify(item), cloneDiffValues: false });

/**
 * What changes from one document's values to another's, in document order. The server section is left out: it is not read
 * from the bus. Pure.
 */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  const [from, to] = [withoutServer(before), withoutServer(after)];
  return [...changesOf(differ.diff(from, to), { path: '', before: from, after: to })];
}

interface Place {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Reads a delta of jsondiffpatch, whose own type has `any` and index signatures in it. */
function* changesOf(delta: unknown, place: Place): Iterable<Change> {
  if (typeof delta !== 'object' || delta === null) return;
  if (Array.isArray(delta)) {
    yield leafChange(delta, place.path);
    return;
  }
  const deltas = new Map<string, unknown>(Object.entries(delta));
  if (deltas.get('_t') === 'a') yield* listChanges(deltas, place);
  else yield* mapChanges(deltas, place);
}

function* mapChanges(deltas: ReadonlyMap<string, unknown>, { path, before, after }: Place): Iterable<Change> {
  for (const [key, delta] of deltas) {
    const step = PLAIN_KEY.test(key) ? key : `[${JSON.stringify(key)}]`;
    const below = path === '' || step.startsWith('[') ? `${path}${step}` : `${path}.${step}`;
    yield* changesOf(delta, { path: below, before: memberOf(before, key), after: memberOf(after, key) });
  }
}

/** `_3` is a position in the list before, `3` one in the list after. */
function* listChanges(deltas: ReadonlyMap<string, unknown>, { path, before, after }: Place): Iterable<Change> {
  for (const [key, delta] of deltas) {
    if (key === '_t') continue;
    const old = key.startsWith('_');
    const index = Number(old ? key.slice(1) : key);
    const item = memberOf(old ? before : after, String(index));
    const below = `${path}${itemStep(item, index)}`;
    const members: readonly unknown[] = Array.isArray(delta) ? delta : [];
    if (old && members[2] === 3) yield { kind: 'moved', path: below, before: index + 1, after: Number(members[1]) + 1 };
    else yield* changesOf(delta, { path: below, before: namesake(before, item, index), after: item });
  }
}

function leafChange(delta: readonly unknown[], path: string): Change {
  const [first, second] = delta;
  if (delta.length === 1) return { kind: 'added', path, value: first };
  if (delta.length === 2) return { kind: 'changed', path, before: first, after: second };
  return { kind: 'removed', path, value: first };
}

/** What a member of a list was before: of the same name, or at the same position. */
function namesake(list: unknown, item: unknown, index: number): unknown {
  if (!Array.isArray(list)) return undefined;
  const items: readonly unknown[] = list;
  const name = nameOf(item);
  return name === undefined ? items[index] : items.find((other) => nameOf(other) === name);
}

function itemStep(item: unknown, index: number): string {
  const name = typeof item === 'string' ? item : nameOf(item);
  if (name === undefined) return `[${index}]`;
  return PLAIN_KEY.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function nameOf(item: unknown): string | undefined {
  const name = memberOf(item, 'name');
  return typeof name === 'string' ? name : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

function withoutServer(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  return Object.fromEntries(Object.entries(document).filter(([key]) => key !== 'server'));
}
