let second = 0;
let text = '';

/** The time as a `Date` field says it (RFC 9110 section 5.6.7), made once a second. */
export function httpDate(): string {
  const now = Date.now();
  const current = now - (now % 1000);
  if (current !== second) {
    second = current;
    text = new Date(now).toUTCString();
  }
  return text;
}
