import { HIDDEN } from '@postern/model';
import type { Edit } from './notes.ts';
import type { Candidate, CheckedPolicy, HeaderPairs, Plugin, ShownHeaders } from '@postern/model';

/** Headers that carry credentials whatever the document says; plugins name more (`credentials` of their definition). */
const CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'] as const;

/** A secret this short would be found inside words that are none: it is hidden only where it is the whole text. */
const SHORT = 6;

/** What decisions must not show, under one document: credentials of clients, and values that came from `${env:}` or `${file:}`. */
export class Veil {
  readonly #names: ReadonlySet<string>;
  readonly #secrets: readonly string[];

  /** `names`: headers that carry credentials beside the usual ones. `secrets`: texts that are hidden wherever they stand. */
  constructor(names: readonly string[] = [], secrets: readonly string[] = []) {
    this.#names = new Set([...CREDENTIALS, ...names.map((name) => name.toLowerCase())]);
    // The longest first: one may be part of another.
    this.#secrets = [...new Set(secrets)].filter((text) => text !== '').toSorted((a, b) => b.length - a.length);
  }

  /** Header lines as they may be shown and kept. Names in lower case. */
  headers(lines: Iterable<readonly [name: string, value: string]>): ShownHeaders {
    const shown: (readonly [string, string])[] = [];
    for (const [name, value] of lines) shown.push([name, this.value(name, value)]);
    return shown;
  }

  /** The same for flat pairs: the list itself where there is nothing to hide. */
  pairs(pairs: HeaderPairs): HeaderPairs {
    let shown: string[] | undefined;
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const before = pairs[at + 1] ?? '';
      const value = this.value(pairs[at] ?? '', before);
      if (value === before) continue;
      shown ??= [...pairs];
      shown[at + 1] = value;
    }
    return shown ?? pairs;
  }

  /** The value of one header line as it may be shown and kept. */
  value(name: string, value: string): string {
    return this.#names.has(name) ? HIDDEN : this.text(value);
  }

  /** Any other text as it may be shown and kept. */
  text(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) {
      if (shown === secret) return HIDDEN;
      if (secret.length >= SHORT && shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN);
    }
    return shown;
  }
}

/** What a document and its plugins want hidden. Pure. */
export function veilOf({ document }: Candidate, plugins: ReadonlyMap<string, Plugin>): Veil {
  const names = document.policies.flatMap(({ plugin, config }) => plugins.get(plugin)?.credentials?.(config) ?? []);
  const secrets = document.consumers.flatMap((consumer) => consumer.secrets);
  return new Veil(names, [...document.policies.flatMap(resolvedTexts), ...secrets]);
}

function resolvedTexts({ config, references }: CheckedPolicy): readonly string[] {
  return Object.keys(references).flatMap((pointer) => {
    const value = valueAt(config, pointer);
    return typeof value === 'string' ? [value] : [];
  });
}

/** The value at a JSON pointer (RFC 6901). */
function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = new Map<string, unknown>(Object.entries(value)).get(key);
  }
  return value;
}

/** An edit as it may be shown and kept: a query by its names alone. */
export function shownEdit<Edited extends Pick<Edit, 'on' | 'name' | 'value'>>(edit: Edited, veil: Veil): Edited {
  const { on, name, value } = edit;
  return { ...edit, value: on === 'target' && name === 'query' ? hideQuery(value) : veil.value(name, value) };
}

/** A query as it may be kept: the names stay, every value is `(hidden)`, for a token in a query looks like any other value. */
export function hideQuery(query: string): string {
  if (query === '') return query;
  const pairs = query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals !== -1) return `${pair.slice(0, equals)}=${HIDDEN}`;
    // A pair without a name may be a token as a whole.
    return pair === '' ? pair : HIDDEN;
  });
  return pairs.join('&');
}
