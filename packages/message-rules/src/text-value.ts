import { compileTemplate } from '@postern/kit';
import type { ReadTemplate } from '@postern/kit';
import type { Report, Rule } from './rule.ts';

/** The template of a rule whose value is a text; numbers and truths are taken as they are written. Undefined with a problem. */
export function textValue(rule: Rule, report: Report): ReadTemplate | undefined {
  const { value, valueAt } = rule;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    report.problem({
      reason: 'value',
      path: valueAt,
      message: 'the value is no text',
      fix: rule.location === 'query' ? 'write a text' : 'write a text; only bodies take lists and maps',
    });
    return undefined;
  }
  const template = compileTemplate(String(value), report.context);
  if (template.kind === 'read') return template;
  report.template(template.findings, valueAt);
  return undefined;
}

/** The new name that a rename gives; undefined with a problem. Names are decided before the first request: no templates. */
export function newName(rule: Rule, report: Report): string | undefined {
  const { value, valueAt } = rule;
  if (typeof value === 'string' && value !== '' && !value.includes('{{')) return value;
  report.problem({
    reason: 'value',
    path: valueAt,
    message: 'the new name is no plain text',
    fix: 'write the new name; templates stand in values only',
  });
  return undefined;
}
