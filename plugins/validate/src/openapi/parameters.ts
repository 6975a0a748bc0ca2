import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import type { Parameter, Style } from '../parameter.ts';
import type { Part } from '../part.ts';
import { below, listOf, stepsOf, valueAt } from '../pointer.ts';
import { shapeOf } from '../shape.ts';
import type { Definitions } from './definitions.ts';

/** One parameter of an operation, with the schema of its value. */
export interface Declared {
  readonly part: Part['name'];
  readonly parameter: Parameter;
  readonly required: boolean;
  /** A reference to its schema; undefined: any value. */
  readonly schema: string | undefined;
}

/** What parameters are read from. */
export interface Reading {
  readonly root: unknown;
  readonly definitions: Definitions;
  report(finding: Finding): void;
  warn(finding: Omit<Finding, 'severity'>): void;
}

const PARTS: ReadonlyMap<unknown, Part['name']> = new Map([
  ['path', 'params'],
  ['query', 'query'],
  ['header', 'headers'],
  ['cookie', 'cookies'],
]);

/** Headers that have keys of their own in OpenAPI (3.1 section 4.8.12.2): as parameters they do not count. */
const IGNORED: ReadonlySet<string> = new Set(['accept', 'authorization', 'content-type']);

const STYLES: Readonly<Record<Part['name'], readonly Style[]>> = {
  params: ['simple'],
  headers: ['simple'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  cookies: ['form'],
};

/** The parameters of an operation; what it says itself beats what its path says for all operations. */
export function declaredAt(lists: readonly string[], reading: Reading): readonly Declared[] {
  const byName = new Map<string, Declared>();
  for (const list of lists) {
    const value = valueAt(reading.root, stepsOf(list) ?? []);
    if (value === undefined) continue;
    const written = listOf(value);
    if (written === undefined) {
      reading.report(wrong(list, 'parameters is no list', 'write a list of parameters'));
      continue;
    }
    for (const index of written.keys()) {
      const declared = declaredOf(below(list, index), reading);
      if (declared !== undefined) byName.set(`${declared.part} ${declared.parameter.name}`, declared);
    }
  }
  return [...byName.values()];
}

function declaredOf(pointer: string, reading: Reading): Declared | undefined {
  const found = reading.definitions.follow(pointer);
  if (found === undefined) return undefined;
  const { map } = found;
  const part = PARTS.get(map['in']);
  if (part === undefined || typeof map['name'] !== 'string' || map['name'] === '') {
    reading.report(
      wrong(found.pointer, 'a parameter needs a name, and in: path, query, header or cookie', 'write both'),
    );
    return undefined;
  }
  const name = part === 'headers' ? map['name'].toLowerCase() : map['name'];
  if (part === 'headers' && IGNORED.has(name)) return undefined;
  const media = contentOf(found.pointer, reading);
  const at = media ?? (map['schema'] === undefined ? undefined : below(found.pointer, 'schema'));
  const [usual = 'form'] = STYLES[part];
  const style = STYLES[part].find((one) => one === (map['style'] ?? usual));
  if (style === undefined) {
    const message = `parameters of style ${JSON.stringify(map['style'])} are not read: ${name} is not checked`;
    const path = stepsOf(found.pointer) ?? [];
    reading.warn({ code: 'validate/style', path, message, fix: `use one of ${STYLES[part].join(', ')}` });
    return undefined;
  }
  return {
    part,
    required: map['required'] === true || part === 'params',
    schema: at === undefined ? undefined : reading.definitions.at(at),
    parameter: {
      name,
      shape: shapeOf(at === undefined ? undefined : valueAt(reading.root, stepsOf(at) ?? []), reading.root),
      style,
      explode: typeof map['explode'] === 'boolean' ? map['explode'] : style === 'form',
      json: media !== undefined,
      emptyIsAbsent: map['allowEmptyValue'] === true,
    },
  };
}

/** Where the schema of a parameter with `content` stands: its text is then JSON. */
function contentOf(pointer: string, { root }: Reading): string | undefined {
  const at = below(below(pointer, 'content'), 'application/json');
  const schema = below(at, 'schema');
  return valueAt(root, stepsOf(schema) ?? []) === undefined ? undefined : schema;
}

function wrong(pointer: string, message: string, fix: string): Finding {
  return problem({ code: 'validate/openapi', path: stepsOf(pointer) ?? [], message, fix });
}
