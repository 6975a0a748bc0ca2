import { checkDocument } from '@postern/config';
import type { CheckedDocument, PluginFacts, Result, ServerSection, SourceText } from '@postern/model';
import { brokenIssue } from './document-issue.ts';
import { environmentOf } from './environment.ts';
import type { Variables } from './environment.ts';

/** What a check needs beside the text: plain data, so that it crosses into a worker thread. */
export interface CheckSettings {
  readonly plugins: readonly PluginFacts[];
  readonly variables: Variables;
  /** What a `${env:}` or `${file:}` that cannot be resolved is. */
  readonly unresolved: 'error' | 'warning';
  /** For documents from the bus: the server section of the node's file. */
  readonly server?: ServerSection | undefined;
}

/** Stage 1 in this thread: text to checked document. Never throws. */
export function checkNow(source: SourceText, settings: CheckSettings): Result<CheckedDocument> {
  try {
    return checkDocument(source, {
      plugins: new Map(settings.plugins.map((facts) => [facts.name, facts])),
      environment: environmentOf(settings.variables),
      unresolved: settings.unresolved,
      server: settings.server,
    });
  } catch (error) {
    return { kind: 'refused', issues: [brokenIssue(source.origin, 'the check')(error)] };
  }
}
