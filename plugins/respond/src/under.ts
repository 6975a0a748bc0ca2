import type { Finding } from '@postern/kit';

/** Findings of a part of the config, as those of the config. Pure. */
export function under(path: Finding['path'], findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, path: [...path, ...finding.path] }));
}
