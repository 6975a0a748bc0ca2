import { compileTemplate, problem, toPathPart } from '@postern/kit';
import type { CompileContext, Exchange, Finding, ReadTemplate } from '@postern/kit';
import { readPattern, readReplacement, replaceMatches } from './pattern.ts';

/** What people write: a template of the whole path, or what to search it for and what each match becomes. */
export type WrittenPath = string | { readonly pattern: string; readonly replacement: string };

/** The new path of an exchange; undefined where it stays. */
export type NewPath = (exchange: Exchange) => string | undefined;

/** What a config says of the path: `newPath` is undefined where it says nothing, or something wrong. */
interface CompiledPath {
  readonly newPath?: NewPath;
  readonly problems: readonly Finding[];
}

/** Turns what people write into what requests read, with every problem found on the way. */
export function compilePath(written: WrittenPath | undefined, context: CompileContext): CompiledPath {
  if (written === undefined) return { problems: [] };
  return typeof written === 'string' ? compileWhole(written, context) : compileSearch(written, context);
}

function compileWhole(text: string, context: CompileContext): CompiledPath {
  const template = compileTemplate(text, context);
  if (template.kind === 'wrong') return { problems: below(['path'], template.findings) };
  const [first] = template.parts;
  const isAbsolute =
    first?.kind === 'literal'
      ? first.text.startsWith('/')
      : first?.kind === 'value' && first.expression === 'request.path';
  const message = isAbsolute ? strangeness(template) : 'the path does not begin with "/"';
  if (message !== undefined) return { problems: [pathProblem(['path'], message)] };
  return { newPath: (exchange) => template.valueOf(exchange, toPathPart), problems: [] };
}

function compileSearch({ pattern, replacement }: Exclude<WrittenPath, string>, context: CompileContext): CompiledPath {
  const regex = readPattern(pattern);
  const template = compileTemplate(replacement, context);
  const at = ['path', 'replacement'];
  const problems = [
    ...('severity' in regex ? below(['path', 'pattern'], [regex]) : []),
    ...(template.kind === 'wrong' ? below(at, template.findings) : []),
  ];
  if ('severity' in regex || template.kind === 'wrong') return { problems };
  const message = strangeness(template);
  if (message !== undefined) return { problems: [pathProblem(at, message)] };
  const pieces = readReplacement(template, regex);
  if ('missing' in pieces) {
    const words = `the pattern has no group ${pieces.missing}`;
    const fix = 'put what it stands for in parentheses, or write $$ for a dollar sign';
    return { problems: [problem({ code: 'transform-request/replacement', path: at, message: words, fix })] };
  }
  return { newPath: (exchange) => replaceMatches(exchange.target.path, { regex, pieces }, exchange), problems: [] };
}

/** What no path can hold, of what stands in the config; what values make of it is for each exchange to see. */
function strangeness({ parts, constant }: ReadTemplate): string | undefined {
  for (const part of parts) {
    if (part.kind === 'value') continue;
    if (/[?#\\]|[^\x21-\x7e]|%(?![\da-f]{2})/i.test(part.text))
      return 'the path holds a character that belongs into no path';
    if (part.text.includes('//')) return 'the path holds an empty segment';
  }
  if (constant !== undefined && /\/\.{1,2}(?:\/|$)/.test(constant)) return 'the path holds a dot segment';
  return undefined;
}

function pathProblem(path: Finding['path'], message: string): Finding {
  const fix = 'write an absolute path, percent-encoded; the query has a key of its own';
  return problem({ code: 'transform-request/path-template', path, message, fix });
}

function below(path: Finding['path'], findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, path }));
}
