import type { Refuse } from '@postern/model';
import { titleOf } from './titles.ts';

/** The body of a refusal (RFC 9457): what the client gets of it, and nothing more. */
export function problemDocument(
  { status, detail, code }: Refuse,
  { policy, requestId }: { readonly policy: string | undefined; readonly requestId: string },
): string {
  return JSON.stringify({ type: 'about:blank', title: titleOf(status), status, detail, code, policy, requestId });
}
