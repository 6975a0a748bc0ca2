import type { DecisionRecord } from '@postern/model';

/** What a value has to be: a type's name, one of several, a list, or members. */
type Shape =
  | 'text'
  | 'number'
  | 'flag'
  | 'null'
  | 'any'
  | { readonly either: readonly Shape[] }
  | { readonly list: Shape }
  | { readonly members: Readonly<Record<string, Shape>> };

const orNull = (shape: Shape): Shape => ({ either: [shape, 'null'] });
const listOf = (shape: Shape): Shape => ({ list: shape });
const PAIRS = listOf('text');
const LINES = listOf(PAIRS);

const RECORD: Shape = {
  members: {
    id: 'text',
    at: 'text',
    revision: 'number',
    digest: 'text',
    origin: 'text',
    request: {
      members: {
        listener: 'text',
        method: 'text',
        target: 'text',
        protocol: 'text',
        host: 'text',
        headers: LINES,
        peer: 'text',
        client: { members: { address: 'text', scheme: 'text', host: orNull('text'), forwardedFor: orNull('text') } },
        bodyBytes: 'number',
        hasBody: 'flag',
      },
    },
    madeId: orNull('text'),
    asked: listOf({ members: { policy: 'text', key: 'text', value: 'any', promised: 'flag', failed: 'flag' } }),
    drawn: listOf({ members: { policy: 'text', value: 'number' } }),
    consumer: orNull({ members: { name: 'text', labels: 'any' } }),
    identifiedBy: orNull('text'),
    upstream: {
      either: [
        'null',
        { members: { kind: 'text', status: 'number', headers: PAIRS } },
        { members: { kind: 'text', status: 'number', code: 'text', detail: 'text' } },
      ],
    },
    outcome: {
      members: {
        group: orNull('text'),
        route: orNull('text'),
        given: listOf({ members: { policy: 'text', kind: 'text', code: 'text' } }),
        edits: listOf({ members: { policy: 'text', on: 'text', operation: 'text', name: 'text', value: 'text' } }),
        status: 'number',
        madeBy: 'text',
        policy: orNull('text'),
        code: orNull('text'),
        where: orNull('text'),
        headers: LINES,
      },
    },
  },
};

/** Reads the record out of what `GET /api/v1/decisions/<id>` answers; undefined when there is none. Pure. */
export function readRecord(text: string): DecisionRecord | undefined {
  try {
    const told: unknown = JSON.parse(text);
    const record = membersOf(told)?.get('record');
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is DecisionRecord {
  if (!fits(value, RECORD)) return false;
  const at = membersOf(value)?.get('at');
  return typeof at === 'string' && !Number.isNaN(Date.parse(at));
}

function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'object') return fitsInside(value, shape);
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'flag':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'any':
      return true;
    default:
      return shape satisfies never;
  }
}

function fitsInside(value: unknown, shape: Exclude<Shape, string>): boolean {
  if ('either' in shape) return shape.either.some((one) => fits(value, one));
  if ('list' in shape) return Array.isArray(value) && value.every((member: unknown) => fits(member, shape.list));
  const members = membersOf(value);
  return members !== undefined && Object.entries(shape.members).every(([name, one]) => fits(members.get(name), one));
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}
