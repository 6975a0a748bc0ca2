/** A JSON pointer (RFC 6901) of one more step. Pure. */
export function below(pointer: string, step: string | number): string {
  return `${pointer}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The steps of a JSON pointer, `''` or beginning with a slash; undefined when it is none. Pure. */
export function stepsOf(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands at the end of the way; undefined when there is nothing. Own members only. Pure. */
export function valueAt(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const step of steps) {
    const map = mapOf(value);
    const list = listOf(value);
    if (list !== undefined) value = /^(?:0|[1-9]\d{0,9})$/.test(step) ? list[Number(step)] : undefined;
    else if (map !== undefined && Object.hasOwn(map, step)) value = map[step];
    else return undefined;
  }
  return value;
}

/** The steps that the fragment of a local reference stands for (`#/a/b`, percent-encoded or not); undefined for others. Pure. */
export function localSteps(reference: string): readonly string[] | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined;
  try {
    return stepsOf(decodeURIComponent(reference.slice(1)));
  } catch {
    return undefined;
  }
}

/** A map of JSON; undefined for lists and scalars. */
export function mapOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isMap(value) ? value : undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of JSON; undefined for maps and scalars. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
