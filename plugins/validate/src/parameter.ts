import { bareRecord } from '@postern/kit';
import type { Fault } from './fault.ts';
import { readJson } from './json.ts';
import { below } from './pointer.ts';
import { isList, toValue } from './shape.ts';
import type { Shape } from './shape.ts';

/** How the values of lists and objects are written (OpenAPI 3.1, section 4.8.12.2). */
export type Style = 'form' | 'simple' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject';

/** One named part of a query, a path, the headers or the cookies. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly style: Style;
  readonly explode: boolean;
  /** The text is JSON. */
  readonly json: boolean;
  /** An empty value counts as if the name were not there. */
  readonly emptyIsAbsent: boolean;
}

/** Texts by name, as the client sent them. */
export type Sent = ReadonlyMap<string, readonly string[]>;

/** What a parameter comes to; `absent` where the client sent none. */
export type ReadParameter =
  | { readonly kind: 'absent' }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly fault: Fault };

const ABSENT: ReadParameter = { kind: 'absent' };

/** Reads the value of a parameter out of what was sent. A scalar that came twice is a fault: two readers could take two values. */
export function readParameter(parameter: Parameter, sent: Sent): ReadParameter {
  const { name, shape, style, explode, json, emptyIsAbsent } = parameter;
  if (style === 'deepObject') return readDeep(parameter, sent);
  if (style === 'form' && explode && shape.types.has('object') && !json) return readSpread(parameter, sent);
  const texts = sent.get(name);
  const [text] = texts ?? [];
  if (texts === undefined || text === undefined) return ABSENT;
  if (emptyIsAbsent && texts.length === 1 && text === '') return ABSENT;
  if (isList(shape) && !json) return value(listOf(texts, parameter));
  if (texts.length > 1) return twice(below('', name));
  if (json) return readJsonText(name, text);
  return value(shape.types.has('object') ? toObject(text, parameter) : toValue(text, shape));
}

function value(of: unknown): ReadParameter {
  return { kind: 'value', value: of };
}

function twice(pointer: string): ReadParameter {
  return { kind: 'fault', fault: { pointer, words: 'must stand there once' } };
}

const SEPARATORS: Readonly<Record<Style, string>> = {
  form: ',',
  simple: ',',
  spaceDelimited: ' ',
  pipeDelimited: '|',
  deepObject: ',',
};

function listOf(texts: readonly string[], { shape, style, explode }: Parameter): readonly unknown[] {
  const items = shape.items ?? { types: new Set(), items: undefined, members: new Map() };
  const whole = style !== 'simple' && explode;
  const parts = whole ? texts : texts.flatMap((text) => (text === '' ? [] : text.split(SEPARATORS[style])));
  return parts.map((part) => toValue(style === 'simple' ? part.trim() : part, items));
}

/** `a,1,b,2`, or `a=1,b=2` where it is exploded. */
function toObject(text: string, { shape, style, explode }: Parameter): unknown {
  const made = bareRecord<unknown>();
  const parts = text.split(SEPARATORS[style]);
  const pairs: (readonly [string, string])[] = [];
  if (explode) {
    for (const part of parts) {
      const at = part.indexOf('=');
      pairs.push(at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]);
    }
  } else for (let at = 0; at < parts.length; at += 2) pairs.push([parts[at] ?? '', parts[at + 1] ?? '']);
  for (const [name, part] of pairs) made[name] = memberOf(name, part, shape);
  return made;
}

function memberOf(name: string, text: string, shape: Shape): unknown {
  const member = shape.members.get(name);
  return member === undefined ? text : toValue(text, member);
}

/** The members of an object, each by its own name. */
function readSpread({ shape }: Parameter, sent: Sent): ReadParameter {
  const made = bareRecord<unknown>();
  let some = false;
  for (const [name, member] of shape.members) {
    const texts = sent.get(name);
    if (texts === undefined) continue;
    if (isList(member))
      made[name] = texts.map((text) => (member.items === undefined ? text : toValue(text, member.items)));
    else if (texts.length > 1) return twice(below('', name));
    else made[name] = toValue(texts[0] ?? '', member);
    some = true;
  }
  return some ? value(made) : ABSENT;
}

/** `filter[status]=new`. */
function readDeep({ name, shape }: Parameter, sent: Sent): ReadParameter {
  const made = bareRecord<unknown>();
  let some = false;
  for (const [written, texts] of sent) {
    if (!written.startsWith(`${name}[`) || !written.endsWith(']')) continue;
    const key = written.slice(name.length + 1, -1);
    const member = shape.members.get(key);
    if (member !== undefined && isList(member))
      made[key] = texts.map((text) => (member.items === undefined ? text : toValue(text, member.items)));
    else if (texts.length > 1) return twice(below(below('', name), key));
    else made[key] = memberOf(key, texts[0] ?? '', shape);
    some = true;
  }
  return some ? value(made) : ABSENT;
}

function readJsonText(name: string, text: string): ReadParameter {
  const read = readJson(new TextEncoder().encode(text), MAX_DEPTH);
  if (read.kind === 'json') return value(read.value);
  return { kind: 'fault', fault: { pointer: below('', name), words: read.words } };
}

/** Lists and objects inside one another in a parameter that is JSON. */
const MAX_DEPTH = 32;
