import { inDocumentOrder, lint, withoutIgnored } from '@postern/config';
import type { Snapshot } from '@postern/engine';
import type { Handlers, Issue } from '@postern/model';
import type { Staged } from './stages.ts';

/** All warnings of an accepted document, lint's too, in document order and without those that its text says are meant. */
export function lintWarnings(staged: Extract<Staged, { kind: 'compiled' }>): readonly Issue[] {
  const { document, plugins, snapshot, source } = staged;
  const found = lint({ document, plugins, handlers: handlersOf(snapshot) });
  const text = typeof source.text === 'string' ? source.text : new TextDecoder().decode(source.text);
  return withoutIgnored(inDocumentOrder([...staged.warnings, ...found]), text);
}

/** Makes errors of warnings. Not of those about references: the environment here is not the node's. */
export function strictly(issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) =>
    issue.code.startsWith('reference/') ? issue : { ...issue, severity: 'error' as const },
  );
}

function handlersOf({ gateway, router }: Snapshot): ReadonlyMap<string, Handlers> {
  const handlers = new Map<string, Handlers>();
  for (const { attachments } of [gateway, ...router.tables.flatMap(({ pipelines }) => pipelines)])
    for (const { instance } of attachments) handlers.set(instance.policy.name, instance.handlers);
  return handlers;
}
