import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import type { LimitConfig } from './limit-keys.ts';

/** Codes of what may be wrong with it. */
export interface RedisWords {
  readonly redisMissing: string;
  readonly redisUnused: string;
  readonly redisUrl: string;
}

/** Which Redis a policy counts in. */
export interface RedisConfig {
  readonly kind: 'redis';
  readonly url: string;
  /** Without user and password. */
  readonly shown: string;
  readonly prefix: string;
  /** Milliseconds. */
  readonly timeout: number;
}

const TIMEOUT = 100;

/** Reads `store` and `redis`; undefined: it counts in memory. Pure. */
export function redisOf(
  { store, redis }: LimitConfig,
  words: RedisWords,
): RedisConfig | { readonly kind: 'wrong'; readonly findings: readonly Finding[] } | undefined {
  if (store === 'memory') {
    if (redis === undefined) return undefined;
    const message = 'redis is given, but store is memory: nothing would be counted there';
    return wrong({ code: words.redisUnused, path: ['redis'], message, fix: 'write store: redis, or take redis out' });
  }
  if (redis === undefined) {
    const message = 'store is redis, but nothing says where it is';
    const fix = 'add redis: { url: "redis://127.0.0.1:6379" }';
    return wrong({ code: words.redisMissing, path: [], message, fix });
  }
  const { url, prefix = 'postern:', timeout = TIMEOUT } = redis;
  const shown = shownUrl(url);
  if (shown !== undefined) return { kind: 'redis', url, shown, prefix, timeout };
  // Not the URL itself: it may hold a password.
  const message = 'the URL of Redis is none, or has more than user, password, host, port and number of the database';
  const fix = 'write redis://user:password@host:port/0, with special characters of the password percent-encoded';
  return wrong({ code: words.redisUrl, path: ['redis', 'url'], message, fix });
}

function wrong(found: Omit<Finding, 'severity'>): { readonly kind: 'wrong'; readonly findings: readonly Finding[] } {
  return { kind: 'wrong', findings: [problem(found)] };
}

/** Where it is, for the log; undefined when the URL cannot be used. */
function shownUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, hostname, pathname, search, hash } = new URL(url);
  const isPlain = hostname !== '' && search === '' && hash === '' && /^\/?[0-9]{0,4}$/.test(pathname);
  return isPlain ? `${protocol}//${host}${pathname}` : undefined;
}
