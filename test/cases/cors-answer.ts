import { browserVerdict } from './browser-model.ts';
import { toLines, valuesOf } from './cors-case.ts';
import type { CaseRequest, Expect, Form, Lines } from './cors-case.ts';

/** An answer as it stood on the wire, and whether the upstream was asked for it. */
export interface CorsAnswer {
  readonly status: number;
  readonly lines: Lines;
  readonly reached: boolean;
}

/** Everything in which an answer is not as a row expects; none when it is. */
export function differences(request: CaseRequest, expect: Expect, answer: CorsAnswer): readonly string[] {
  const found: string[] = [];
  if (expect.handledBy !== undefined && answer.reached !== (expect.handledBy === 'upstream')) {
    found.push(`handled by ${answer.reached ? 'the upstream' : 'the gateway'}`);
  }
  if (expect.status !== undefined && ![expect.status].flat().includes(answer.status))
    found.push(`status ${answer.status}`);
  for (const [name, form] of Object.entries(expect.headers ?? {})) {
    const values = valuesOf(answer.lines, name);
    if (!fits(form, name, values)) found.push(`${name}: ${JSON.stringify(values)} is not ${JSON.stringify(form)}`);
  }
  const exchanged = {
    method: request.method,
    sent: toLines(request.headers),
    status: answer.status,
    received: answer.lines,
  };
  for (const credentials of ['omit', 'include'] as const) {
    const expected = expect.browser?.[credentials];
    if (expected !== undefined && browserVerdict(exchanged, credentials) !== expected) {
      found.push(`a browser with credentials ${credentials} does not ${expected}`);
    }
  }
  return found;
}

/** Whether a header is as expected. Members compare case-insensitively, those of Allow-Methods do not. */
export function fits(form: Form, name: string, values: readonly string[] | undefined): boolean {
  if (form === null) return values === undefined;
  if (typeof form === 'string') return values?.length === 1 && values[0] === form;
  if ('oneOf' in form) return form.oneOf.some((one) => fits(one, name, values));
  const fold = (member: string) => (name === 'access-control-allow-methods' ? member : member.toLowerCase());
  const members = new Set(membersOf(values).map(fold));
  if ('set' in form) {
    const wanted = new Set(form.set.map(fold));
    return values !== undefined && wanted.size === members.size && [...wanted].every((member) => members.has(member));
  }
  const included = form.includes?.every((member) => members.has(fold(member))) ?? true;
  return included && !(form.excludes?.some((member) => members.has(fold(member))) ?? false);
}

const PREFLIGHT_ONLY = ['allow-methods', 'allow-headers', 'max-age', 'allow-private-network'];

/** Everything in which an answer breaks what holds for every answer, whatever its row expects. */
export function brokenInvariants(request: CaseRequest, answer: CorsAnswer): readonly string[] {
  const { lines } = answer;
  const sent = toLines(request.headers);
  const origins = valuesOf(lines, 'access-control-allow-origin') ?? [];
  const [origin] = origins;
  const credentials = valuesOf(lines, 'access-control-allow-credentials');
  const vary = membersOf(valuesOf(lines, 'vary')).map((member) => member.toLowerCase());
  const preflight =
    request.method === 'OPTIONS' &&
    sent.some(([name, value]) => name === 'origin' && value !== '') &&
    sent.some(([name, value]) => name === 'access-control-request-method' && value !== '');
  const broken: string[] = [];
  if (origins.length > 1 || /[,\s]/.test(origin ?? '')) broken.push('more than one Access-Control-Allow-Origin');
  if (origin === 'null') broken.push('Access-Control-Allow-Origin is null');
  if (origin !== undefined && origin !== '*' && origin !== valuesOf(sent, 'origin')?.join(', ')) {
    broken.push('Access-Control-Allow-Origin is neither * nor the Origin of the request');
  }
  if (origin !== undefined && origin !== '*' && !vary.includes('origin') && !vary.includes('*')) {
    broken.push('an echoed origin without Vary: Origin');
  }
  if (origin === '*' && credentials !== undefined) broken.push('* together with credentials');
  if (credentials !== undefined && origin === undefined) broken.push('credentials without an origin');
  if (credentials !== undefined && credentials.join(', ') !== 'true') broken.push('Allow-Credentials is not true');
  for (const name of PREFLIGHT_ONLY) {
    if (!preflight && valuesOf(lines, `access-control-${name}`) !== undefined)
      broken.push(`${name} on an answer to no preflight`);
  }
  for (const [name, value] of lines) {
    if (name.startsWith('access-control-') && value.trim() === '') broken.push(`${name} is empty`);
  }
  if (new Set(vary).size !== vary.length) broken.push('a member of Vary stands twice');
  return broken;
}

function membersOf(values: readonly string[] | undefined): readonly string[] {
  return (values ?? [])
    .join(',')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
