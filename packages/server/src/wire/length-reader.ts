/** Takes a body of known length off the wire. One reader reads one body; the same shape as `ChunkedReader`. */
export class LengthReader {
  readonly broken = false;
  #left: number;

  /** `length`: bytes, more than 0. */
  constructor(length: number) {
    this.#left = length;
  }

  /** True once the last byte was read. */
  get done(): boolean {
    return this.#left === 0;
  }

  /** Reads `bytes` from `from` up to the end of the body or of the bytes. */
  read(bytes: Buffer, from: number): { readonly part: Buffer | undefined; readonly next: number } {
    const next = Math.min(bytes.length, from + this.#left);
    this.#left -= next - from;
    return { part: next === from ? undefined : bytes.subarray(from, next), next };
  }
}
