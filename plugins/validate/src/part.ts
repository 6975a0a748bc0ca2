import { bareRecord } from '@postern/kit';
import type { Exchange, Verdict } from '@postern/kit';
import { refuseFaults, refuseUnreadable } from './fault.ts';
import type { Fault, PartName } from './fault.ts';
import { readParameter } from './parameter.ts';
import type { Parameter, Sent } from './parameter.ts';
import { readCookies, readQuery } from './query.ts';
import type { Check } from './schemas.ts';

/** The names of one part of a request with the check of all of them. */
export interface Part {
  readonly name: Exclude<PartName, 'body'>;
  readonly parameters: readonly Parameter[];
  readonly check: Check;
  /** Whether the schema has a say about other names than those of the parameters. */
  readonly open: boolean;
}

/** Checks one part of a request; `params` are the texts of the path. Undefined: it fits. */
export function checkPart(
  part: Part,
  {
    exchange,
    params,
    status,
  }: { readonly exchange: Exchange; readonly params: Sent | undefined; readonly status: number },
): Verdict | undefined {
  const sent = part.name === 'params' ? params : sentIn(part, exchange);
  if (sent === undefined) return refuseUnreadable(part.name, 'is not percent-encoded UTF-8');
  const values = bareRecord<unknown>();
  const faults: Fault[] = [];
  for (const parameter of part.parameters) {
    const read = readParameter(parameter, sent);
    if (read.kind === 'value') values[parameter.name] = read.value;
    else if (read.kind === 'fault') faults.push(read.fault);
  }
  if (part.open) addOthers(part, sent, values);
  // What cannot be read is left out of the values: the schema would call it missing.
  const found = part
    .check(values, sent.size)
    .filter(({ pointer }) => !faults.some((fault) => fault.pointer === pointer));
  const all = [...faults, ...found];
  return all.length === 0 ? undefined : refuseFaults(part.name, all, status);
}

function addOthers({ parameters }: Part, sent: Sent, values: Record<string, unknown>): void {
  for (const [name, texts] of sent) {
    if (parameters.some((parameter) => parameter.name === name)) continue;
    values[name] = texts.length === 1 ? texts[0] : texts;
  }
}

function sentIn(part: Part, { request }: Exchange): Sent | undefined {
  if (part.name === 'query') return readQuery(request.query);
  if (part.name === 'cookies') return readCookies(request.headers.get('cookie'));
  const sent = new Map<string, string[]>();
  for (const [name, value] of request.headers.entries()) {
    if (!part.open && !part.parameters.some((parameter) => parameter.name === name)) continue;
    const texts = sent.get(name);
    if (texts === undefined) sent.set(name, [value]);
    else texts.push(value);
  }
  return sent;
}

/** Percent-decoded texts of a path; undefined when one is no UTF-8. */
export function decodeParams(params: Iterable<readonly [string, string]>): Sent | undefined {
  const sent = new Map<string, readonly string[]>();
  for (const [name, value] of params) {
    try {
      sent.set(name, [decodeURIComponent(value)]);
    } catch {
      return undefined;
    }
  }
  return sent;
}
