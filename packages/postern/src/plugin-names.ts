import { checkDocument } from '@postern/config';
import { environmentOf } from '@postern/control';
import type { CheckSettings } from '@postern/control';
import type { PluginFacts, Result, SourceText } from '@postern/model';

// Most documents name no third-party plugin, and then they are not checked twice.
const MAY_NAME_PLUGINS = /\bplugins["']?\s*:/;

/**
 * Reads `server.plugins` before the plugins are there, by a check to which every plugin name is known and every config
 * right. What that refuses is refused for good; what it accepts is checked again with the real plugins.
 */
export function namedPlugins(source: SourceText, settings: CheckSettings): Result<readonly string[]> {
  if (!MAY_NAME_PLUGINS.test(textOf(source))) return { kind: 'accepted', value: [], warnings: [] };
  const checked = checkDocument(source, {
    plugins: new EveryPlugin(settings.plugins.map((facts) => [facts.name, facts])),
    environment: environmentOf(settings.variables),
    unresolved: settings.unresolved,
  });
  return checked.kind === 'refused' ? checked : { ...checked, value: checked.value.server.plugins };
}

/** Where an entry of `server.plugins` stands: its first mention after the key, right for all that people write. */
export function placeOfPlugin(source: SourceText, name: string): { readonly line: number; readonly column: number } {
  const text = textOf(source);
  const start = Math.max(0, text.search(MAY_NAME_PLUGINS));
  const lines = text.slice(0, Math.max(start, text.indexOf(name, start))).split(/\r\n?|\n/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

/** Whether an entry stands in the text as it is, and was not made of a reference. */
export function isWritten(source: SourceText, name: string): boolean {
  return textOf(source).includes(name);
}

const ANY_PLUGIN = {
  summary: '',
  single: false,
  owns: [],
  preflight: false,
  config: { type: 'object' },
  credential: { type: 'object' },
} as const;

class EveryPlugin extends Map<string, PluginFacts> {
  override has(): boolean {
    return true;
  }

  override get(name: string): PluginFacts {
    return super.get(name) ?? { ...ANY_PLUGIN, name };
  }
}

function textOf({ text }: SourceText): string {
  return typeof text === 'string' ? text : new TextDecoder().decode(text);
}
