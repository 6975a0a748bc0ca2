import { check } from '@postern/control';
import type { CheckedDocument, Plugin, ServerSection, SourceText } from '@postern/model';
import { builtinPlugins } from '../plugins.ts';

/** What a document of the bus is checked with: a node's server section, and the plugins that are at hand. */
export interface Surroundings {
  readonly server: ServerSection;
  readonly plugins: readonly Plugin[];
}

/**
 * Checks a document that stands on the bus, to compare what it runs where; undefined when it is refused here. With the
 * plugins that are here: nothing that stands on the bus ever loads code.
 */
export async function checkStored(
  source: SourceText,
  around: Surroundings | undefined,
): Promise<CheckedDocument | undefined> {
  const settings = { variables: process.env, unresolved: 'warning', server: around?.server } as const;
  const checked = await check(source, { plugins: around?.plugins ?? builtinPlugins, ...settings });
  return checked.kind === 'refused' ? undefined : checked.value;
}
