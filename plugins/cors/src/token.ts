const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether the text is a token (RFC 9110 section 5.6.2): the form of methods and header names. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
