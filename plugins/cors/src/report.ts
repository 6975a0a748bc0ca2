import { problem } from '@postern/kit';
import type { CompileContext, Finding } from '@postern/kit';

/** What a check says of one value: everything of a finding but where it stands. */
export interface Remark {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** Member names and list positions from the config's root to a value. */
export type Place = readonly (string | number)[];

/** Collects all that is wrong with a config, so that its author sees everything at once. */
export interface Report {
  readonly problems: readonly Finding[];
  problem(path: Place, remark: Remark): void;
  warning(path: Place, remark: Remark): void;
}

/** Makes an empty report; warnings go on to the context as they come. */
export function defineReport(context: CompileContext): Report {
  const problems: Finding[] = [];
  return {
    problems,
    problem: (path, remark) => void problems.push(problem({ path, ...remark })),
    warning: (path, remark) => context.warn({ path, ...remark }),
  };
}

const QUOTED_LENGTH = 80;

/** Shows a value in a message or a log line: escaped, so that it cannot forge one, and capped. */
export function quote(value: string): string {
  const shown = value.length > QUOTED_LENGTH ? `${value.slice(0, QUOTED_LENGTH)}...` : value;
  // JSON leaves DEL, C1 controls and bidirectional marks as they are; a terminal does not.
  return JSON.stringify(shown).replace(/[^\x20-\x7e]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
