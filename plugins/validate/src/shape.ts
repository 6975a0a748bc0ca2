import { listOf, localSteps, mapOf, valueAt } from './pointer.ts';

/** How the texts of a parameter become a value: by the types that its schema has. */
export interface Shape {
  readonly types: ReadonlySet<string>;
  readonly items: Shape | undefined;
  readonly members: ReadonlyMap<string, Shape>;
}

const DEEPEST = 8;
const TEXT: Shape = { types: new Set(), items: undefined, members: new Map() };

/** Reads the shape that a schema gives its values; references are followed inside `root`. Pure. */
export function shapeOf(schema: unknown, root: unknown, depth = 0): Shape {
  const map = mapOf(schema);
  if (map === undefined || depth > DEEPEST) return TEXT;
  const types = new Set<string>(typesOf(map));
  const members = new Map<string, Shape>();
  let items = map['items'] === undefined ? undefined : shapeOf(map['items'], root, depth + 1);
  for (const [name, one] of Object.entries(mapOf(map['properties']) ?? {}))
    members.set(name, shapeOf(one, root, depth + 1));
  for (const part of partsOf(map, root)) {
    const other = shapeOf(part, root, depth + 1);
    for (const type of other.types) types.add(type);
    for (const [name, one] of other.members) if (!members.has(name)) members.set(name, one);
    items ??= other.items;
  }
  return { types, items, members };
}

function* typesOf(map: Readonly<Record<string, unknown>>): Iterable<string> {
  const { type, nullable } = map;
  if (typeof type === 'string') yield type;
  for (const one of listOf(type) ?? []) if (typeof one === 'string') yield one;
  if (nullable === true) yield 'null';
  const values = listOf(map['enum']) ?? ('const' in map ? [map['const']] : []);
  if (type === undefined) for (const value of values) yield value === null ? 'null' : typeof value;
}

function* partsOf(map: Readonly<Record<string, unknown>>, root: unknown): Iterable<unknown> {
  const { $ref } = map;
  const steps = typeof $ref === 'string' ? localSteps($ref) : undefined;
  if (steps !== undefined) yield valueAt(root, steps);
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    yield* listOf(map[keyword]) ?? [];
  }
}

const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?$/;

/** A text as the value that its shape asks for; what is none of it stays a text, for the schema to refuse. Pure. */
export function toValue(text: string, { types }: Shape): unknown {
  if ((types.has('integer') || types.has('number')) && NUMBER.test(text)) {
    const value = Number(text);
    if (types.has('number') || Number.isSafeInteger(value)) return value;
  }
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.has('null') && !types.has('string') && (text === '' || text === 'null')) return null;
  return text;
}

/** Whether several texts of one name are one value. */
export function isList({ types }: Shape): boolean {
  return types.has('array');
}
