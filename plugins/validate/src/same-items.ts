import { listOf, mapOf } from './pointer.ts';

/**
 * Whether no two items of a list are equal, in time linear in their size but for the sorting of names: ajv compares each with
 * each, which a body of 1 MiB could make take hours. Pure.
 */
export function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    const key = typeof item === 'object' && item !== null ? `object ${canonical(item)}` : keyOf(item);
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

/** A text can look like the key of an object; no two keys of different items are the same. */
function keyOf(scalar: unknown): unknown {
  return typeof scalar === 'string' ? `text ${scalar}` : scalar;
}

function canonical(value: unknown): string {
  const list = listOf(value);
  if (list !== undefined) return `[${list.map(canonical).join(',')}]`;
  const map = mapOf(value);
  if (map === undefined) return JSON.stringify(value) ?? 'null';
  const names = Object.keys(map).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(map[name])}`).join(',')}}`;
}
