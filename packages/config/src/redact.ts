import type { CheckedPolicy } from '@postern/model';

/**
 * Takes values that came from `${...}` out of a plugin's words: whole, and also where the plugin quotes only a piece of one.
 * What stands instead is the reference as the document has it. Pure.
 */
export function redact(message: string, policy: Pick<CheckedPolicy, 'config' | 'references'>): string {
  let clean = message;
  for (const [pointer, reference] of Object.entries(policy.references)) {
    const value = textAt(policy.config, pointer);
    if (value === '') continue;
    // Two letters are no secret, and replacing them everywhere would leave no sentence readable.
    if (value.length > 2) clean = clean.replaceAll(value, () => reference.text);
    clean = clean.replace(/"([^"]+)"/g, (whole, piece: string) =>
      value.includes(piece) || value.toLowerCase().includes(piece.toLowerCase()) ? `"${reference.text}"` : whole,
    );
  }
  return clean;
}

function textAt(config: unknown, pointer: string): string {
  let value = config;
  for (const step of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return '';
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
