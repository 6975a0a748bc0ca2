import type { Check } from './cases.ts';

/** An answer as a check looks at it. */
export interface Checked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: { readonly length: number; toString(): string };
}

/** The first thing about an answer that is not what the check asks for; undefined: it is right. */
export function faultOf({ what, status, headers, body }: Check, answer: Checked): string | undefined {
  if (answer.status !== status) return `${what}: status ${answer.status}, not ${status}`;
  for (const [name, wanted] of Object.entries(headers)) {
    const found = answer.headers[name];
    if (!fits(wanted, found)) return `${what}: ${name} is ${found === undefined ? 'absent' : String(found)}`;
  }
  if (body === undefined) return undefined;
  if (typeof body === 'number')
    return answer.body.length === body ? undefined : `${what}: ${answer.body.length} bytes, not ${body}`;
  const text = answer.body.toString();
  const right = typeof body === 'string' ? text === body : body.test(text);
  return right ? undefined : `${what}: the body is ${text.slice(0, 120) || 'empty'}`;
}

function fits(wanted: Check['headers'][string], found: Checked['headers'][string]): boolean {
  if (wanted === undefined) return found !== undefined;
  if (wanted === null) return found === undefined;
  if (typeof wanted === 'string') return found === wanted;
  const members = String(found ?? '')
    .toLowerCase()
    .split(/[,;]/)
    .map((member) => member.trim());
  return wanted.every((member) => members.includes(member.toLowerCase()));
}
