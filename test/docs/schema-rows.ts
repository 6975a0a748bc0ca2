/** The part of JSON Schema that tables are made of. */
interface Shown {
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly anyOf?: readonly Shown[];
  readonly properties?: Readonly<Record<string, Shown>>;
  readonly patternProperties?: Readonly<Record<string, Shown>>;
  readonly required?: readonly string[];
  readonly items?: Shown;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
  readonly secret?: boolean;
}

/** A row for each key of an object, and below it one for each key of the objects in it. */
export function rowsOf(schema: Shown, path = ''): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, below]) => {
    const at = `${path}${key}`;
    const words = (below.description ?? '').replaceAll('|', '\\|');
    const row = `| \`${at}\` | ${words} | ${valueOf(below)} | ${defaultOf(below, schema.required?.includes(key))} |`;
    return [row, ...partsOf(below, at)];
  });
}

/** The rows of what stands in a value: of an object, of the objects in a list, of the kinds that it may be of. */
function partsOf(schema: Shown, at: string): readonly string[] {
  if (schema.properties !== undefined) return rowsOf(schema, `${at}.`);
  if (schema.items !== undefined) return partsOf(schema.items, `${at}[]`);
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values !== undefined) return partsOf(values, `${at}.*`);
  // Kinds of one thing share most keys: each is shown once.
  return [...new Set((schema.anyOf ?? []).flatMap((kind) => partsOf(kind, at)))];
}

/** What a value may be, in words. */
function valueOf(schema: Shown): string {
  const { type, anyOf, items, unit, minimum, maximum, secret } = schema;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(valueOf))].join(anyOf.some(hasParts) ? ' or ' : ', ');
  if (unit !== undefined) return unit;
  if (items !== undefined) return `list of ${valueOf(items)}`;
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values !== undefined) return `map to ${valueOf(values)}`;
  if (schema.properties !== undefined) return 'map';
  if (type === 'integer' || type === 'number') return `${type}${rangeOf(minimum, maximum)}`;
  if (type === 'boolean') return '`true`, `false`';
  return type === 'string' ? (secret === true ? 'text, secret' : 'text') : 'anything';
}

function hasParts({ items, properties, patternProperties, type }: Shown): boolean {
  return items !== undefined || properties !== undefined || patternProperties !== undefined || type !== undefined;
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  return maximum === undefined ? '' : ` to ${maximum}`;
}

function defaultOf(schema: Shown, required = false): string {
  if (required) return 'required';
  if (schema.default === undefined) return '';
  return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``;
}
