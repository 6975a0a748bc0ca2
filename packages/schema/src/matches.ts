const compiled = new Map<string, RegExp>();

/** Whether a text matches a pattern of a schema. Patterns are few and come from code, never from a document: kept for good. */
export function matches(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern, 'u');
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}
