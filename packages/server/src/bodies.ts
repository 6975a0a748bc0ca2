import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { BufferedBody, forgetRequestCoding, bodySteps } from '@postern/engine';
import type { Attached } from '@postern/model';
import type { Flight } from './flight.ts';
import { chunksOf } from './raw.ts';

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

/** By the name that `Content-Encoding` gives them (RFC 9110 section 8.4.1). */
const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(gunzip)],
  ['x-gzip', promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(gunzip)],
  ['deflate', promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(inflate)],
  ['br', promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(brotliDecompress)],
]);

/** What reading a coded body came to. */
export type Decoded =
  | { readonly kind: 'decoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unknown-coding' }
  | { readonly kind: 'corrupt' };

/** Undoes `Content-Encoding`, last coding first; never makes more than `limit` bytes of it. */
export async function decode(bytes: Uint8Array, codings: string | undefined, limit: number): Promise<Decoded> {
  let plain = bytes;
  for (const coding of (codings ?? '').toLowerCase().split(',').toReversed()) {
    const name = coding.trim();
    if (name === '' || name === 'identity') continue;
    const decoder = decoders.get(name);
    if (decoder === undefined) return { kind: 'unknown-coding' };
    try {
      plain = await decoder(plain, { maxOutputLength: limit });
    } catch (error) {
      return { kind: isTooLarge(error) ? 'too-large' : 'corrupt' };
    }
  }
  return plain.length > limit ? { kind: 'too-large' } : { kind: 'decoded', bytes: plain };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

/** Whether a step that counts needs the whole body, or its stream. Those in shadow never make an exchange wait for one. */
export function anyEnforced(steps: readonly { readonly mode: Attached['mode'] }[]): boolean {
  return steps.some(isEnforced);
}

function isEnforced({ mode }: { readonly mode: Attached['mode'] }): boolean {
  return mode === 'enforce';
}

/** The most bytes that all steps which count take. */
export function limitOf(
  steps: readonly { readonly mode: Attached['mode']; readonly run: { readonly limit: number } }[],
): number {
  return Math.min(...steps.filter(isEnforced).map((step) => step.run.limit));
}

/**
 * Reads the client's body for the steps that asked for it. Undefined when it cannot be had: the refusal then stands on the
 * exchange. The raw bytes become the upstream's body until a step replaces them.
 */
export async function readRequestBody(flight: Flight): Promise<BufferedBody | undefined> {
  const { exchange, raw } = flight;
  const steps = bodySteps(exchange, exchange.pipeline.requestBody);
  const limit = Math.min(flight.context.limits.bodyBytes, limitOf(steps));
  askForBody(flight);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(raw)) {
    size += chunk.length;
    if (size > limit) return refuseBody(flight, 413, 'The request body is too large.');
    chunks.push(chunk);
  }
  exchange.bytesIn = size;
  flight.requestBody = Buffer.concat(chunks);
  const decoded = await decode(flight.requestBody, exchange.request.headers.get('content-encoding'), limit);
  switch (decoded.kind) {
    case 'decoded':
      return new RequestBody(flight, decoded.bytes);
    case 'too-large':
      return refuseBody(flight, 413, 'The decoded request body is too large.');
    case 'unknown-coding':
      return refuseBody(flight, 415, 'The coding of the request body is not supported.');
    case 'corrupt':
      return refuseBody(flight, 400, 'The request body does not fit its coding.');
    default:
      return decoded satisfies never;
  }
}

/** A request body whose replacement is what the upstream gets, uncoded and with its own length. */
class RequestBody extends BufferedBody {
  readonly #flight: Flight;

  constructor(flight: Flight, bytes: Uint8Array) {
    super(bytes);
    this.#flight = flight;
  }

  override replace(bytes: Uint8Array | string): void {
    super.replace(bytes);
    this.#flight.requestBody = this.bytes;
    forgetRequestCoding(this.#flight.exchange.outgoing);
  }
}

/** Tells a client that sent `Expect: 100-continue` to go on; once, and only when the body is really wanted. */
export function askForBody(flight: Flight): void {
  if (!flight.awaitsContinue) return;
  flight.awaitsContinue = false;
  flight.response.writeContinue();
}

function refuseBody(flight: Flight, status: number, detail: string): undefined {
  const code = status === 413 ? 'gateway/body-too-large' : 'gateway/body-unreadable';
  flight.exchange.answerRefusal({ kind: 'refuse', status, code, detail, headers: [] }, undefined);
}
