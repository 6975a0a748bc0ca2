import { HeaderList } from '@postern/model';
import { isHopByHop } from './field-names.ts';
import { cutTo, roomFor } from './room.ts';

/** Names that a `Connection` field nominates: they end at this hop too. Undefined when there are none. */
export function nominated(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const names = new Set<string>();
  for (const option of connection.split(',')) {
    const name = option.trim().toLowerCase();
    if (name !== '' && name !== 'close') names.add(name);
  }
  return names.size === 0 ? undefined : names;
}

/** The header lines of an upstream's answer that go on to the client. `pairs` in lower case; left as they are. */
export function withoutHopByHop(pairs: readonly string[]): HeaderList {
  const kept = roomFor(pairs.length);
  let to = 0;
  let connection: string | undefined;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    const value = pairs[at + 1] ?? '';
    if (!isHopByHop(name)) {
      kept[to++] = name;
      kept[to++] = value;
    } else if (name === 'connection') connection = connection === undefined ? value : `${connection}, ${value}`;
  }
  const headers = new HeaderList(cutTo(kept, to));
  const named = nominated(connection);
  if (named !== undefined) for (const name of named) headers.remove(name);
  return headers;
}
