import { rehearse } from '@postern/engine';
import type { Rehearsable, RehearsedHead } from '@postern/engine';
import type { Decision, Listener } from '@postern/model';
import type { ExplainedRequest } from './explain-request.ts';
import { explainText } from './explain-text.ts';
import { REAL_TIME } from './real-time.ts';
import { say } from './terminal.ts';
import type { ExitCode } from './terminal.ts';
import { withStaged } from './with-staged.ts';

/** `postern explain`: prints the decision for one request, without sending it. A refusal is an answer, not a failure. */
export async function explainCommand(
  file: string,
  options: { readonly request: ExplainedRequest; readonly json: boolean },
): Promise<ExitCode> {
  return withStaged(file, async (staged) => {
    const decision = await explain(staged, options.request);
    say(options.json ? JSON.stringify(decision, undefined, 2) : explainText(decision));
    return 0;
  });
}

/** Asks on the listeners that have the URL's port, or on all where none has: the first where a route takes the request. */
async function explain(staged: Rehearsable, request: ExplainedRequest): Promise<Decision> {
  const { listeners } = staged.document.server;
  const there = listeners.filter(({ port }) => port === request.port);
  let first: Decision | undefined = undefined;
  for (const listener of there.length > 0 ? there : listeners) {
    const head = await headOn(listener, staged, request);
    const { decision } = await rehearse({ staged, head, body: request.body, runtime: REAL_TIME, known: NOTHING });
    if (decision.route !== null) return decision;
    first ??= decision;
  }
  if (first === undefined) throw new Error('a document without listeners');
  return first;
}

/** Nobody answers an `ask` here: it shows as `would ask`. */
const NOTHING = { outside: () => undefined } as const;

async function headOn(
  listener: Listener,
  { document }: Rehearsable,
  request: ExplainedRequest,
): Promise<RehearsedHead> {
  const head = { ...request, listener: listener.name };
  const { trustedProxies } = document.server;
  if (trustedProxies.length === 0) return head;
  // The server is the heavier half of the program: loaded only where it has something to say.
  const { clientOf } = await import('@postern/server');
  return { ...head, client: clientOf(head, trustedProxies) };
}
