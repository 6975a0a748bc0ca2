import { isIPv4 } from 'node:net';

const NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * Whether a `Host` header names this machine. A page of an attacker can point its own name at 127.0.0.1 (DNS rebinding)
 * and would then read a loopback port with the browser's help; its `Host` still gives it away.
 */
export function namesLoopback(header: string | undefined, address: string): boolean {
  if (header === undefined) return false;
  const host = header
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return NAMES.has(host) || host === address.toLowerCase();
}
