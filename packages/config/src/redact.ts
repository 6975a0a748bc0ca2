import type { CheckedPolicy, Finding } from '@postern/model';
import { pointerOf } from './tree.ts';

/** The words of a finding that may be shown. */
export type Words = Pick<Finding, 'message' | 'fix'>;

/** Characters of a value that, standing in a sentence, could be no coincidence. */
const TELLING = 4;

/**
 * The words of a plugin's finding without anything that came from `${...}`. A plugin may escape, cut, re-spell or take apart
 * a value before it quotes it, so nothing is searched and replaced: words about such a value, and words that hold as much as
 * a piece of one, give way to a sentence that names the reference as the document has it. Pure.
 */
export function redact(finding: Finding, policy: Pick<CheckedPolicy, 'config' | 'references'>): Words {
  const pointer = pointerOf(finding.path);
  const said = `${finding.message}\n${finding.fix}`.toLowerCase();
  for (const [at, { text }] of Object.entries(policy.references)) {
    const about = at === pointer || pointer.startsWith(`${at}/`);
    if (about || holdsPiece(said, textAt(policy.config, at))) return unsaid(finding, text);
  }
  return finding;
}

/** The values of a policy's config that came from `${...}`. */
export function secretsOf(policy: Pick<CheckedPolicy, 'config' | 'references'>): readonly string[] {
  return Object.keys(policy.references).map((pointer) => textAt(policy.config, pointer));
}

function unsaid({ code }: Finding, reference: string): Words {
  return {
    message: `what ${reference} stands for is not accepted here`,
    fix: `see ${code} in the list of codes: the value itself is never shown`,
  };
}

/** Whether the sentence, in lower case, has a telling piece of the value; a shorter value must stand whole. */
export function holdsPiece(said: string, value: string): boolean {
  const plain = value.toLowerCase();
  if (plain === '') return false;
  const length = Math.min(plain.length, TELLING);
  for (let at = 0; at + length <= plain.length; at += 1) if (said.includes(plain.slice(at, at + length))) return true;
  return false;
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
