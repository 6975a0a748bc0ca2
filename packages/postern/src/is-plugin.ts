import type { Plugin } from '@postern/model';

/** Whether a value from a foreign module has the shape of a plugin, as `definePlugin` makes them. */
export function isPlugin(value: unknown): value is Plugin {
  if (typeof value !== 'object' || value === null) return false;
  const shape = new Map<string, unknown>(Object.entries(value));
  const owns: unknown = shape.get('owns');
  return (
    typeof shape.get('name') === 'string' &&
    typeof shape.get('summary') === 'string' &&
    typeof shape.get('single') === 'boolean' &&
    isTextList(owns) &&
    typeof shape.get('preflight') === 'boolean' &&
    isObject(shape.get('config')) &&
    typeof shape.get('compile') === 'function' &&
    typeof shape.get('guards') === 'function' &&
    (shape.get('credential') === undefined || isObject(shape.get('credential'))) &&
    ['string', 'undefined'].includes(typeof shape.get('kit')) &&
    OPTIONAL.every((name) => ['function', 'undefined'].includes(typeof shape.get(name)))
  );
}

const OPTIONAL = ['answers', 'credentials', 'credentialId', 'credentialFindings', 'traits', 'writes'] as const;

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isTextList(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const members: readonly unknown[] = value;
  return members.every((member) => typeof member === 'string');
}
