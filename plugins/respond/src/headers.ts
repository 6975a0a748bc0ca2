import { compileTemplate, problem, toFieldValue } from '@postern/kit';
import type { CompileContext, Exchange, Finding, HeaderPairs, ReadTemplate } from '@postern/kit';
import type { Written } from './config.ts';
import { under } from './under.ts';

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that the gateway writes, that end at one connection, or that other keys and plugins are for. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  ...['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade'].map(
    (name) => [name, 'take it out: the gateway writes what frames a message'] as const,
  ),
  ['proxy-connection', 'take it out: it is about one connection'],
  ['location', 'use redirect.location, which cannot be made to lead elsewhere'],
  ['refresh', 'use redirect.location, which cannot be made to lead elsewhere'],
]);

/** Headers in which a value of the request could change what the answer is. */
const FIXED: ReadonlySet<string> = new Set(['content-type', 'content-security-policy', 'set-cookie', 'link']);

/** The header lines of an answer. */
export interface HeaderLines {
  /** Lower case, without the parameters; undefined where the config names none. */
  readonly mediaType: string | undefined;
  readonly problems: readonly Finding[];
  /** Whether the config has a header of that lower-case name. */
  has(name: string): boolean;
  /** The lines where no exchange can change them. */
  readonly constant: HeaderPairs | undefined;
  lines(exchange: Exchange): HeaderPairs;
}

/** Reads the headers of a config, with every problem found on the way. Pure. */
export function toHeaders({ headers = {} }: Written, context: CompileContext): HeaderLines {
  const problems: Finding[] = [];
  const read = new Map<string, ReadTemplate>();
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase();
    const path = ['headers', written];
    const refused = refusedName(name, read.has(name));
    if (refused !== undefined) problems.push(problem({ ...refused, path, atKey: true }));
    const template = compileTemplate(value, context);
    if (template.kind === 'wrong') {
      problems.push(...under(path, template.findings));
      continue;
    }
    if (template.parts.some((part) => part.kind === 'literal' && toFieldValue(`x${part.text}x`) !== `x${part.text}x`))
      problems.push(problem({ ...BAD_VALUE, path }));
    if (FIXED.has(name) && template.constant === undefined) problems.push(problem({ ...valueIn(name), path }));
    read.set(name, template);
  }
  const constant = [...read.values()].every((template) => template.constant !== undefined)
    ? [...read].flatMap(([name, template]) => [name, toFieldValue(template.constant ?? '')])
    : undefined;
  return {
    mediaType: read.get('content-type')?.constant?.split(';')[0]?.trim().toLowerCase(),
    problems,
    has: (name) => read.has(name),
    constant,
    lines(exchange): HeaderPairs {
      if (constant !== undefined) return constant;
      const lines: string[] = [];
      for (const [name, template] of read) lines.push(name, toFieldValue(template.valueOf(exchange)));
      return lines;
    },
  };
}

function refusedName(name: string, again: boolean): Omit<Finding, 'severity' | 'path'> | undefined {
  const code = 'respond/header';
  if (!TOKEN.test(name))
    return { code, message: `${JSON.stringify(name)} is no header name`, fix: 'use letters, digits and hyphens' };
  if (again) return { code, message: `${name} stands twice, in another case`, fix: 'keep one of them' };
  if (name.startsWith('access-control-'))
    return { code, message: `${name} belongs to CORS, and half of it is worse than none`, fix: 'use the cors plugin' };
  const fix = TAKEN.get(name);
  return fix === undefined ? undefined : { code, message: `${name} is not for this plugin to write here`, fix };
}

function valueIn(name: string): Omit<Finding, 'severity' | 'path'> {
  return {
    code: 'respond/value-place',
    message: `a value of the request must not stand in ${name}: it could change what the answer is`,
    fix: 'write the value itself, or one policy per case with a condition',
  };
}

// The value stays out of the message: it may be a secret.
const BAD_VALUE = {
  code: 'respond/header',
  message: 'the value has a line break, a control byte or a character beyond Latin-1',
  fix: 'use visible characters, spaces and tabs; encode anything else',
};
