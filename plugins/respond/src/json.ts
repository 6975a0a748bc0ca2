import { compileTemplate, escapeJson } from '@postern/kit';
import type { CompileContext, Finding, ReadTemplate, Template, TemplatePart } from '@postern/kit';
import { under } from './under.ts';

/** A value as a template of its JSON: each text in it is a template of its own; keys stand as they are. */
export function toJson(value: unknown, context: CompileContext): Template {
  const parts: TemplatePart[] = [];
  const findings: Finding[] = [];
  let open = '';
  const flush = (): void => {
    if (open !== '') parts.push({ kind: 'literal', text: open });
    open = '';
  };
  const visit = (member: unknown, path: Finding['path']): void => {
    if (typeof member === 'string') {
      const read = compileTemplate(member, context);
      if (read.kind === 'wrong') {
        findings.push(...under(path, read.findings));
        return;
      }
      open += '"';
      for (const part of read.parts) {
        if (part.kind === 'literal') open += escapeJson(part.text);
        else {
          flush();
          parts.push(part);
        }
      }
      open += '"';
    } else if (isList(member)) {
      open += '[';
      for (const [at, item] of member.entries()) {
        if (at > 0) open += ',';
        visit(item, [...path, at]);
      }
      open += ']';
    } else if (typeof member === 'object' && member !== null) {
      open += '{';
      for (const [at, [name, below]] of Object.entries(member).entries()) {
        open += `${at > 0 ? ',' : ''}${JSON.stringify(name)}:`;
        visit(below, [...path, name]);
      }
      open += '}';
    } else open += JSON.stringify(member) ?? 'null';
  };
  visit(value, ['json']);
  flush();
  return findings.length > 0 ? { kind: 'wrong', findings } : toTemplate(parts);
}

function toTemplate(parts: readonly TemplatePart[]): ReadTemplate {
  const [only] = parts;
  return {
    kind: 'read',
    parts,
    constant: parts.length === 1 && only?.kind === 'literal' ? only.text : undefined,
    valueOf(exchange): string {
      let made = '';
      for (const part of parts) made += part.kind === 'literal' ? part.text : escapeJson(part.valueOf(exchange));
      return made;
    },
  };
}

function isList(member: unknown): member is readonly unknown[] {
  return Array.isArray(member);
}
