import type { PluginFacts, ServerSection } from '@postern/model';

/** The outside that references ask; a pure stand-in in tests. Undefined: not set, not readable. */
export interface Environment {
  variable(name: string): string | undefined;
  file(path: string): string | undefined;
}

/** What the check of a document knows besides its text. */
export interface Known {
  readonly plugins: ReadonlyMap<string, PluginFacts>;
  readonly environment: Environment;
  /** What a reference is that cannot be resolved: `warning` where the environment is not the node's (check, push). */
  readonly unresolved: 'error' | 'warning';
  /**
   * The server section that holds, for a document from the bus: its own is ignored with a warning, its listeners are
   * these, and its references may name only what `secrets` allows.
   */
  readonly server?: ServerSection | undefined;
}
