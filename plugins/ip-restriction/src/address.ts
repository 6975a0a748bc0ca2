/**
 * An address as numbers that compare in its order: IPv4 is one, IPv6 four of 32 bits. IPv6 addresses that stand for IPv4 ones
 * (`::ffff:192.0.2.1`) are those.
 */
export type Address = readonly [number] | readonly [number, number, number, number];

const DOT = 0x2e;
const COLON = 0x3a;

/**
 * Reads an address as sockets and proxies spell it; a zone (`%eth0`) is left out. Undefined where it is none. Pure, and cheap: it
 * runs on every request.
 */
export function readAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = readQuad(text, 0, text.length);
    return value === -1 ? undefined : [value];
  }
  const zone = text.indexOf('%');
  return readIpv6(text, zone === -1 ? text.length : zone);
}

/** Reads four decimal bytes; -1 where there is something else. A leading zero would be octal to some. */
function readQuad(text: string, from: number, end: number): number {
  let value = 0;
  let byte = -1;
  let dots = 0;
  for (let at = from; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (byte === -1 || dots === 3) return -1;
      value = value * 256 + byte;
      byte = -1;
      dots += 1;
    } else {
      const digit = code - 0x30;
      if (digit < 0 || digit > 9 || byte === 0) return -1;
      byte = byte === -1 ? digit : byte * 10 + digit;
      if (byte > 255) return -1;
    }
  }
  return byte === -1 || dots !== 3 ? -1 : value * 256 + byte;
}

function readIpv6(text: string, end: number): Address | undefined {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  /** How many groups stand in front of `::`. */
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return undefined;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    if (count === 8) return undefined;
    const start = at;
    let group = 0;
    while (at < end) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit === -1) break;
      group = group * 16 + digit;
      at += 1;
    }
    if (at < end && text.charCodeAt(at) === DOT) {
      // Only the end of an address may be written as IPv4.
      const quad = count > 6 ? -1 : readQuad(text, start, end);
      if (quad === -1) return undefined;
      groups[count] = Math.floor(quad / 65_536);
      groups[count + 1] = quad % 65_536;
      count += 2;
      at = end;
      break;
    }
    if (at === start || at - start > 4) return undefined;
    groups[count] = group;
    count += 1;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON) return undefined;
    at += 1;
    if (at < end && text.charCodeAt(at) === COLON) {
      if (gap !== -1) return undefined;
      gap = count;
      at += 1;
    } else if (at === end) return undefined;
  }
  return toAddress(groups, count, gap);
}

/** Puts the zeros where `::` stands. */
function toAddress(groups: readonly number[], count: number, gap: number): Address | undefined {
  if (gap === -1 ? count !== 8 : count > 7) return undefined;
  const missing = 8 - count;
  const group = (index: number): number => {
    if (gap === -1 || index < gap) return groups[index] ?? 0;
    return index < gap + missing ? 0 : (groups[index - missing] ?? 0);
  };
  const word = (index: number): number => group(2 * index) * 65_536 + group(2 * index + 1);
  const last = word(3);
  const mapped = word(0) === 0 && word(1) === 0 && word(2) === 0xffff;
  return mapped ? [last] : [word(0), word(1), word(2), last];
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
