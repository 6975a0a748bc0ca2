import type { PluginFacts } from '@postern/model';
import { Document } from './schema/document.ts';
import type { JsonSchema } from '@postern/schema';

/** Makes a function that says where a key is known: for keys that stand in the wrong map. Built when first asked. */
export function homeFinder(plugins: ReadonlyMap<string, PluginFacts>): (key: string) => readonly string[] {
  let homes: Map<string, string[]> | undefined;
  return (key) => {
    if (homes === undefined) {
      homes = new Map();
      const root: object = Document;
      collect(root, '', homes);
      for (const { name, config } of plugins.values()) collect(config, `policies[].config (plugin ${name})`, homes);
    }
    return homes.get(key) ?? [];
  };
}

function collect(schema: JsonSchema, place: string, homes: Map<string, string[]>): void {
  for (const [key, below] of Object.entries(schema.properties ?? {})) {
    const known = homes.get(key) ?? [];
    homes.set(key, known);
    const home = place === '' ? 'the document itself' : place;
    if (!known.includes(home)) known.push(home);
    const { items } = below;
    const next = place === '' ? key : `${place}.${key}`;
    // What looks like a key of a request belongs to a test only inside of one.
    if (key === 'tests') continue;
    collect(below, next, homes);
    if (items !== undefined && !('length' in items)) collect(items, `${next}[]`, homes);
  }
}
