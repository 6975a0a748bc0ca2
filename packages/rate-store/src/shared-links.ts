import { inTime } from './in-time.ts';
import type { Question, StoreLink } from './store-link.ts';

/** Milliseconds that the first requests wait for the library of the store. */
const LOADING = 400;

/** The way to a Redis, for all policies of a process that count in it. */
class SharedLink implements StoreLink {
  readonly #url: string;
  #link: StoreLink | undefined;
  #loading: Promise<StoreLink> | undefined;
  #closed = false;
  users = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async take(question: Question): Promise<unknown> {
    const link = this.#link ?? (await inTime((this.#loading ??= this.#load()), LOADING));
    return link.take(question);
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
  }

  /** With the first question: a gateway that counts in memory starts without the library, and a check connects to nothing. */
  async #load(): Promise<StoreLink> {
    const { RedisLink } = await import('./redis-link.ts');
    const link = new RedisLink(this.#url);
    this.#link = link;
    if (this.#closed) link.close();
    return link;
  }
}

/**
 * Connections of this process by their URL, each counted by the policies that use it. Of the process, not of a gateway or a policy:
 * a connection is what a Redis has few of, and it carries nothing that belongs to one of them.
 */
const links = new Map<string, SharedLink>();

/** The connection to that URL. Nothing is connected before its first question. The function gives it back; the last one closes it. */
export function acquireLink(url: string): { readonly link: StoreLink; release(): void } {
  const link = links.get(url) ?? new SharedLink(url);
  links.set(url, link);
  link.users += 1;
  let held = true;
  return {
    link,
    release() {
      if (!held) return;
      held = false;
      link.users -= 1;
      if (link.users > 0) return;
      links.delete(url);
      link.close();
    },
  };
}
