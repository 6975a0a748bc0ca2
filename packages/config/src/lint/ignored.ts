import type { Issue } from '@postern/model';

const COMMENT = /#\s*postern-lint-ignore\s+([a-z0-9-]+\/[a-z0-9-]+(?:[\s,]+[a-z0-9-]+\/[a-z0-9-]+)*)/;

/**
 * Leaves out the warnings that the text says are meant: a comment `# postern-lint-ignore <code>...` on the line of a warning or
 * on the one above it. Errors stay. Pure.
 */
export function withoutIgnored(warnings: readonly Issue[], text: string): readonly Issue[] {
  if (!text.includes('postern-lint-ignore')) return warnings;
  const ignored = text.split(/\r\n?|\n/).map((line) => COMMENT.exec(line)?.[1]?.split(/[\s,]+/) ?? []);
  const isIgnored = ({ severity, code, line }: Issue): boolean =>
    severity === 'warning' && [line - 1, line - 2].some((at) => ignored[at]?.includes(code) === true);
  return warnings.filter((issue) => !isIgnored(issue));
}
