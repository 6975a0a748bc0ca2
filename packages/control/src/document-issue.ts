import type { Issue, Severity, SourceEvent } from '@postern/model';

/** An issue about a document as a whole: it stands at its first line. */
export function documentIssue(about: {
  readonly severity: Severity;
  readonly code: string;
  readonly origin: string;
  readonly message: string;
  readonly fix: string;
}): Issue {
  const { origin, ...rest } = about;
  return { ...rest, file: origin, line: 1, column: 1, pointer: '' };
}

/** The issue for what must not happen: the document is refused, the gateway goes on. */
export function brokenIssue(origin: string, stage: string): (error: unknown) => Issue {
  return (error) =>
    documentIssue({
      severity: 'error',
      code: 'control/broke-down',
      origin,
      message: `${stage} broke down: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'report this as a bug, with the document',
    });
}

/** The issue for a source that has no text now. */
export function unreadableIssue(event: Extract<SourceEvent, { kind: 'unreadable' }>): Issue {
  const { origin, message, fix } = event;
  return documentIssue({ severity: 'error', code: 'source/unreadable', origin, message, fix });
}
