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
 * A text as it may stand in the path of a URL, within one segment: all but unreserved characters (RFC 3986 section 2.3)
 * percent-encoded. What the expressions `request.path` and `params.x` give is a part of a path in its canonical form, and stays.
 */
export function toPathPart(value: string, expression = ''): string {
  if (expression === 'request.path' || PARAM.test(expression))
    return value.replace(/[^\w\-.~%!$&'()*+,;=:@/]/gu, encode);
  return encodeAll(value);
}

/**
 * A text as it may stand in a name or a value of a URL's query: all but unreserved characters percent-encoded, so that it cannot
 * end the value and begin another. What `request.path` and `params.x` give is encoded in part already, and not encoded twice.
 */
export function toQueryPart(value: string, expression = ''): string {
  if (expression === 'request.path' || PARAM.test(expression)) return value.replace(/[^\w\-.~%/]/gu, encode);
  return encodeAll(value);
}

const PARAM = /^params(?:\.\w+|\[(?:'[^'\\]*'|"[^"\\]*")\])$/;

function encodeAll(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, encode);
}

function encode(character: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(character))
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return encoded;
}
