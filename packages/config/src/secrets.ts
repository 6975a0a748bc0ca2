import type { Secrets } from '@postern/model';

/** Says whether a reference may name a variable or a file. */
export type Allowed = (kind: 'env' | 'file', name: string) => boolean;

/** What a document from the bus may name: what one of the patterns covers, and nothing without any. Pure. */
export function allowedBy(secrets: Secrets): Allowed {
  const env = secrets.env.map((pattern) => matcher(pattern, '.*'));
  const files = secrets.files.map((pattern) => matcher(pattern, '[^/]*'));
  return (kind, name) => {
    if (kind === 'env') return env.some((covers) => covers.test(name));
    // `secrets/*` must not be a way to `secrets/../../etc/passwd`, nor one in the other notation of paths.
    if (name.split(/[/\\]/).includes('..')) return false;
    return files.some((covers) => covers.test(name));
  };
}

/** `*` stands for any characters, in a path for those of one segment; all else is literal. */
function matcher(pattern: string, any: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(any)}$`, 's');
}
