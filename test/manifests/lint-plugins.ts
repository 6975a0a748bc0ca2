import { Schema, definePlugin } from '@postern/kit';
import type { Plugin, Trait } from '@postern/kit';
import { plugins } from './plugins.ts';

/** Stands in for a plugin of which lint knows no more than what it is for. */
function standIn(name: string, traits: readonly Trait[]): Plugin {
  const config = Schema.Object({});
  return definePlugin({ name, summary: name, config, traits, compile: () => ({ request: () => undefined }) });
}

/** The plugins that documents with `# lint` may use: the others', and one of each trait. */
export const lintPlugins: ReadonlyMap<string, Plugin> = new Map([
  ...plugins,
  ...[
    standIn('jwt', ['authenticates']),
    standIn('cache', ['caches']),
    standIn('json-schema', ['validates']),
    standIn('rewrite-body', ['transforms']),
    standIn('maintenance', ['always-answers']),
  ].map((plugin) => [plugin.name, plugin] as const),
]);
