import { RedisLink } from './redis-link.ts';

/**
 * Connections of this process by their URL, each counted by the policies that use it. Of the process, not of a gateway or a policy:
 * a connection is what a Redis has few of, and it carries nothing that belongs to one of them.
 */
const links = new Map<string, { readonly link: RedisLink; users: number }>();

/** The connection to that URL. Nothing is connected before its first question. The function gives it back; the last one closes it. */
export function acquireLink(url: string): { readonly link: RedisLink; release(): void } {
  const shared = links.get(url) ?? { link: new RedisLink(url), users: 0 };
  links.set(url, shared);
  shared.users += 1;
  let held = true;
  return {
    link: shared.link,
    release() {
      if (!held) return;
      held = false;
      shared.users -= 1;
      if (shared.users > 0) return;
      links.delete(url);
      shared.link.close();
    },
  };
}
