import { refuse } from '@postern/kit';
import type { Body, Exchange, Verdict } from '@postern/kit';
import { refuseFaults, refuseUnreadable } from './fault.ts';
import { readJson } from './json.ts';
import { mediaTypeOf } from './media-type.ts';
import type { MediaRange } from './media-type.ts';
import type { Check } from './schemas.ts';

/** Bodies of one media type; without a check they pass as they are. */
export interface Content {
  readonly range: MediaRange;
  readonly check: Check | undefined;
}

/** What the body of a request must be. */
export interface BodyRule {
  /** Whether a request of that method needs one. */
  required(method: string): boolean;
  /** The narrowest range first. */
  readonly contents: readonly Content[];
  readonly others: 'refuse' | 'pass';
}

/** What the request step leaves for the body step. A class, so that it can be told from anything else. */
export class AwaitedBody {
  readonly check: Check;
  readonly required: boolean;

  constructor(check: Check, required: boolean) {
    this.check = check;
    this.required = required;
  }
}

const MISSING = 'is missing, and it is required';

/** Looks at what the head says of the body: before a byte of it is read. */
export function awaitBody(rule: BodyRule, { request }: Exchange): AwaitedBody | Verdict | undefined {
  const required = rule.required(request.method);
  if (!request.hasBody) return required ? refuseUnreadable('body', MISSING) : undefined;
  const media = mediaTypeOf(request.headers.get('content-type'));
  const content = media === undefined ? undefined : rule.contents.find(({ range }) => range.takes(media.type));
  if (media === undefined || content === undefined) {
    // An empty body of no type is none.
    if (media === undefined && !required && request.headers.get('content-length') === '0') return undefined;
    return rule.others === 'pass' ? undefined : wrongType('The media type of the body is not accepted.');
  }
  if (content.check === undefined) return undefined;
  if (media.charset !== undefined && media.charset !== 'utf-8' && media.charset !== 'utf8')
    return wrongType('JSON is accepted in UTF-8 only.');
  return new AwaitedBody(content.check, required);
}

function wrongType(detail: string): Verdict {
  return refuse({ status: 415, code: 'validate/content-type', detail });
}

/** Checks the decoded body. */
export function checkBody(
  { check, required }: AwaitedBody,
  body: Body,
  { maxDepth, status }: { readonly maxDepth: number; readonly status: number },
): Verdict | undefined {
  if (body.bytes.length === 0) return required ? refuseUnreadable('body', MISSING) : undefined;
  const read = readJson(body.bytes, maxDepth);
  if (read.kind === 'unreadable') return refuseUnreadable('body', read.words);
  const faults = check(read.value, read.size);
  return faults.length === 0 ? undefined : refuseFaults('body', faults, status);
}
