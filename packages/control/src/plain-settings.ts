import type { PluginFacts } from '@postern/model';
import type { CheckSettings } from './check-now.ts';

/** Settings without functions and without what a schema library hides in its schemas: only plain data is cloned. */
export function toPlainSettings(settings: CheckSettings): CheckSettings {
  return { ...settings, plugins: settings.plugins.map(toPlainFacts) };
}

function toPlainFacts({ name, summary, single, owns, preflight, config: schema }: PluginFacts): PluginFacts {
  const config: unknown = JSON.parse(JSON.stringify(schema));
  return {
    name,
    summary,
    single,
    owns,
    preflight,
    config: typeof config === 'object' && config !== null ? config : {},
  };
}
