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
    typeof shape.get('config') === 'object' &&
    typeof shape.get('compile') === 'function' &&
    typeof shape.get('guards') === 'function' &&
    ['function', 'undefined'].includes(typeof shape.get('answers'))
  );
}

function isTextList(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const members: readonly unknown[] = value;
  return members.every((member) => typeof member === 'string');
}
