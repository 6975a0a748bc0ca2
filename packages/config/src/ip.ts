/** An IP address as a number, IPv4-mapped IPv6 addresses as the IPv4 address that they reach. */
export interface Ip {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** A range of addresses. */
export interface Cidr extends Ip {
  readonly prefix: number;
}

const MAPPED = 0xffffn << 32n;

/** Reads a dotted quad or an IPv6 address without zone; undefined when the text is neither. Pure. */
export function parseIp(text: string): Ip | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const value = parseQuad(text);
  return value === undefined ? undefined : { version: 4, value };
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or one address as a range of one; undefined when the text is neither. Pure. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0) return undefined;
  const bits = ip.version === 4 ? 32 : 128;
  if (prefix === undefined) return { ...ip, prefix: bits };
  const length = /^(?:0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : -1;
  return length < 0 || length > bits ? undefined : { ...ip, prefix: length };
}

/** Whether a range holds an address. Pure. */
export function holds(range: Cidr, ip: Ip): boolean {
  if (range.version !== ip.version) return false;
  const shift = BigInt((range.version === 4 ? 32 : 128) - range.prefix);
  return range.value >> shift === ip.value >> shift;
}

/** Whether an address reaches this machine only. Pure. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const ip = parseIp(host);
  if (ip === undefined) return false;
  return ip.version === 4 ? ip.value >> 24n === 127n : ip.value === 1n;
}

function parseQuad(text: string): bigint | undefined {
  const parts = text.split('.');
  // A leading zero is octal to some resolvers and decimal to others.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): Ip | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  // Only the very end of an address may be a dotted quad.
  const whole = halves.length === 1;
  const [head, tail] = [groupsOf(halves[0] ?? '', whole), groupsOf(halves[1] ?? '', true)];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  const value = groups.reduce((sum, group) => (sum << 16n) | group, 0n);
  return value >> 32n === MAPPED >> 32n ? { version: 4, value: value & 0xffffffffn } : { version: 6, value };
}

function groupsOf(half: string, isEnd: boolean): bigint[] | undefined {
  if (half === '') return [];
  const groups: bigint[] = [];
  const parts = half.split(':');
  for (const [position, part] of parts.entries()) {
    const quad = isEnd && position === parts.length - 1 && part.includes('.') ? parseQuad(part) : undefined;
    if (quad !== undefined) groups.push(quad >> 16n, quad & 0xffffn);
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
