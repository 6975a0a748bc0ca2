import type { Body, HeaderList } from '@postern/model';

/** A whole decoded body, and whether a policy put another in its place. */
export class BufferedBody implements Body {
  bytes: Uint8Array;
  replaced = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  replace(bytes: Uint8Array | string): void {
    this.bytes = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    this.replaced = true;
  }
}

/** A request body that a policy put in its place has neither the old coding nor the old digest. */
export function forgetRequestCoding(outgoing: HeaderList): void {
  for (const name of ['content-encoding', 'content-md5', 'digest']) outgoing.remove(name);
}

/** A changed answer has neither the old coding nor the old validator. */
export function forgetResponseCoding(headers: HeaderList): void {
  for (const name of ['content-encoding', 'etag', 'content-md5', 'digest', 'accept-ranges']) headers.remove(name);
}
