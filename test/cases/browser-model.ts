import { valuesOf } from './cors-case.ts';
import type { Lines, Verdict } from './cors-case.ts';

/** What a browser knows of one request and its answer. */
export interface Exchanged {
  readonly method: string;
  readonly sent: Lines;
  readonly status: number;
  readonly received: Lines;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * What a browser that follows Fetch does with an answer: `allow` means that a script gets it or, for a preflight, that the
 * real request is sent. Written from the standard, and from nothing of ours, so that it can disagree with us.
 */
export function browserVerdict(exchanged: Exchanged, credentials: 'omit' | 'include'): Verdict {
  const asked = valuesOf(exchanged.sent, 'access-control-request-method')?.join(', ');
  const preflight = exchanged.method === 'OPTIONS' && asked !== undefined;
  const passes = corsCheck(exchanged, credentials) && (!preflight || preflightCheck(exchanged, asked, credentials));
  return passes ? 'allow' : 'block';
}

/** Fetch 4.9 "CORS check". */
function corsCheck({ sent, received }: Exchanged, credentials: 'omit' | 'include'): boolean {
  const allowed = valuesOf(received, 'access-control-allow-origin')?.join(', ');
  if (allowed === undefined) return false;
  if (credentials === 'omit' && allowed === '*') return true;
  if (allowed !== valuesOf(sent, 'origin')?.join(', ')) return false;
  return credentials === 'omit' || valuesOf(received, 'access-control-allow-credentials')?.join(', ') === 'true';
}

/** Fetch 4.8 "CORS-preflight fetch", step 7. */
function preflightCheck(
  { sent, status, received }: Exchanged,
  method: string,
  credentials: 'omit' | 'include',
): boolean {
  if (status < 200 || status > 299) return false;
  const methods = listOf(received, 'access-control-allow-methods');
  const names = listOf(received, 'access-control-allow-headers')?.map((name) => name.toLowerCase());
  if (methods === undefined || names === undefined) return false;
  const star = (list: readonly string[]) => credentials === 'omit' && list.includes('*');
  if (!methods.includes(method) && !['GET', 'HEAD', 'POST'].includes(method) && !star(methods)) return false;
  const asked = listOf(sent, 'access-control-request-headers') ?? [];
  return asked
    .map((name) => name.toLowerCase())
    .every((name) => names.includes(name) || (name !== 'authorization' && star(names)));
}

/** Fetch 2.2.2 "extract header list values": undefined when a member is no token, which fails the whole list. */
function listOf(lines: Lines, name: string): readonly string[] | undefined {
  const members = (valuesOf(lines, name) ?? [])
    .join(',')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  return members.every((member) => TOKEN.test(member)) ? members : undefined;
}
