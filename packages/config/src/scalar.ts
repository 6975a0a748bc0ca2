import { NOT_RESOLVED, SCALAR_STYLE, boolCoreTag, floatCoreTag, intCoreTag, nullCoreTag } from 'js-yaml';
import type { ScalarEvent } from 'js-yaml';
import type { Scalar } from './tree.ts';

const STR = 'tag:yaml.org,2002:str';

// By their first characters plain scalars that are certainly text skip the four resolvers: most of a document is text.
const MAY_BE_OTHER = /^(?:$|[-+.0-9~nNtTfF])/;

/** Reads an untagged plain scalar as the core schema of YAML 1.2 does. */
export function plainScalar(text: string): Scalar {
  if (!MAY_BE_OTHER.test(text)) return text;
  for (const tag of [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag]) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return text;
}

/** Reads a scalar with an explicit tag; undefined when the tag is none of the core schema or does not take the text. */
export function taggedScalar(text: string, tag: string): Scalar | undefined {
  const name = tag === '!' ? STR : tag.replace(/^!!/, 'tag:yaml.org,2002:');
  if (name === STR) return text;
  const known = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag].find(({ tagName }) => tagName === name);
  if (known === undefined) return undefined;
  const value = known.resolve(text, true, name);
  return value === NOT_RESOLVED ? undefined : value;
}

/** True when a quote stands before and behind the value. */
export function isQuoted(event: ScalarEvent): boolean {
  return event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
}

/** What is known of the text around a scalar: where the thing before it ended, and where its key starts if it has one. */
export interface Around {
  readonly text: string;
  readonly cursor: number;
  readonly keyAt: number | undefined;
}

/**
 * Offset at which a scalar visibly starts. The parser's own is behind an opening quote, and a line late for a block scalar,
 * whose `|` or `>` is what people see first; an empty value is where its key is.
 */
export function scalarStart(event: ScalarEvent, { text, cursor, keyAt }: Around): number {
  if (event.valueStart < 0) return keyAt ?? search(text, /\S/g, cursor) ?? cursor;
  if (isQuoted(event)) return event.valueStart - 1;
  if (event.style !== SCALAR_STYLE.LITERAL_BLOCK && event.style !== SCALAR_STYLE.FOLDED_BLOCK) return event.valueStart;
  const header = text.lastIndexOf('\n', event.valueStart - 2) + 1;
  return search(text, /[|>]/g, Math.max(header, cursor, event.tagEnd, event.anchorEnd)) ?? event.valueStart;
}

function search(text: string, pattern: RegExp, from: number): number | undefined {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = from;
  return sticky.exec(text)?.index;
}
