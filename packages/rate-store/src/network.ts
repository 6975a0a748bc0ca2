const MAPPED = '::ffff:';

/**
 * What counts as one client by its address: an IPv4 address, or the /64 network of an IPv6 address, which is the least that
 * one customer is given (RFC 6177): who has it has 2^64 addresses to come from. Pure.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const [head = '', tail] = address.split('::');
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const after = groupsOf(tail);
    // A dotted quad at the end stands for two groups.
    const missing = 8 - groups.length - after.length - (tail.includes('.') ? 1 : 0);
    for (let left = missing; left > 0; left -= 1) groups.push('0');
    groups.push(...after);
  }
  return `${groups.slice(0, 4).map(canonical).join(':')}::/64`;
}

function groupsOf(half: string): string[] {
  return half === '' ? [] : half.split(':');
}

/** Without leading zeros, in lower case: one network has one name. */
function canonical(group: string): string {
  return Number.parseInt(group, 16).toString(16);
}
