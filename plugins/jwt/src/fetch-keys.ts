import type { Agent, request } from 'undici';

/** Bytes of a key set: a hundred keys of the largest kind. */
const MOST_BYTES = 262_144;

/** Milliseconds from the first byte out to the last byte in. */
const DEADLINE = 2000;

interface Undici {
  readonly Agent: typeof Agent;
  readonly request: typeof request;
}

let loading: Promise<Undici> | undefined;

/** Loads the client: on behalf of the first policy that fetches keys, for it takes a tenth of a second, and no request should wait for it. */
export function loadUndici(): Promise<Undici> {
  loading ??= import('undici');
  return loading;
}

/**
 * Fetches what stands at `uri` as JSON. No redirect is followed: only the document says whom a gateway asks. Rejects with a reason
 * in words, which hold nothing of the answer. Nothing is left open when it is over, nor once `closing` is aborted.
 */
export async function fetchJson(uri: string, closing: AbortSignal): Promise<unknown> {
  const undici = await loadUndici();
  // Without pipelining a connection ends with its one answer: for ten minutes nobody has a use for it.
  const agent = new undici.Agent({ pipelining: 0, connections: 1, connect: { timeout: DEADLINE } });
  try {
    const answer = await undici.request(uri, {
      dispatcher: agent,
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.any([closing, AbortSignal.timeout(DEADLINE)]),
    });
    // What is left unread ends with an error that nobody waits for.
    answer.body.on('error', () => undefined);
    if (answer.statusCode !== 200) throw new Error(`the answer has the status ${answer.statusCode}`);
    return await readBody(answer.body);
  } finally {
    await agent.destroy();
  }
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the answer has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new Error('the answer is no JSON');
  }
}
