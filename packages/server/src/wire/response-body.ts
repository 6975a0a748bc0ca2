import { ChunkedReader } from './chunked-reader.ts';
import type { ResponseHead } from './response-head.ts';

/** Finds the body of an answer in what a connection reads, one answer after the other (RFC 9112 section 6.3). */
export class ResponseBody {
  /** Bytes still to come; infinite where the end is told otherwise. */
  #left = 0;
  #chunks: ChunkedReader | undefined = undefined;
  /** True where there is none by rule: after HEAD, 204 and 304, whatever the head says. */
  none = false;
  /** Where the last `read` stopped: behind the body, or at the end of the bytes. */
  next = 0;

  /** Before the body that a head announced. */
  begin(body: ResponseHead['body']): void {
    this.#chunks = body === 'chunked' ? new ChunkedReader() : undefined;
    this.none = body === 'none';
    this.#left = typeof body === 'number' ? body : this.none ? 0 : Infinity;
  }

  /** What of the bytes from `from` on belongs to the body; undefined when nothing does. */
  read(bytes: Buffer, from: number): Buffer | undefined {
    if (this.#chunks !== undefined) {
      const { part, next } = this.#chunks.read(bytes, from);
      this.next = next;
      return part;
    }
    this.next = from + Math.min(this.#left, bytes.length - from);
    this.#left -= this.next - from;
    return this.next === from ? undefined : bytes.subarray(from, this.next);
  }

  /** True once it is whole. */
  get done(): boolean {
    return this.#chunks === undefined ? this.#left === 0 : this.#chunks.done;
  }

  /** True once a byte came that no body has. */
  get broken(): boolean {
    return this.#chunks?.broken === true;
  }

  /** True when it is whole once the other side ends the connection. */
  get endsWithConnection(): boolean {
    return this.#chunks === undefined && this.#left === Infinity;
  }
}
