const HTML: Readonly<Record<string, string>> = Object.freeze({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
});

/** A text as it may stand in the text of an HTML element or in a quoted attribute; not in a script, a style or an unquoted one. */
export function escapeHtml(value: string): string {
  return value.replace(/[&<>"'`]/g, (character) => HTML[character] ?? '');
}

/**
 * A text as it may stand between the quotes of a JSON string (RFC 8259 section 7). `<`, `>` and `&` are escaped too, so that the
 * JSON may stand in a page; lone surrogates, which no UTF-8 has, come as escapes.
 */
export function escapeJson(value: string): string {
  const quoted = JSON.stringify(value);
  return quoted
    .slice(1, -1)
    .replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * A text as the value of a header field (RFC 9110 section 5.5): controls, line breaks among them, and what is no Latin-1 become
 * `?`; spaces at both ends go.
 */
export function toFieldValue(value: string): string {
  // oxlint-disable-next-line no-control-regex -- it is controls that must not get into a head
  return value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/gu, '?').replace(/^[ \t]+|[ \t]+$/g, '');
}

/**
 * A text as it may stand in one segment of a path, or in a name or value of a query: all but unreserved characters (RFC 3986
 * section 2.3) percent-encoded. What the expression `request.path` gives stays: it is a path, in its canonical form.
 */
export function toUrlPart(value: string, expression?: string): string {
  if (expression === 'request.path') return value;
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
