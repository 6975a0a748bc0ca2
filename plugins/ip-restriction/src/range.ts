import ipaddr from 'ipaddr.js';
import { readAddress } from './address.ts';
import type { Address } from './address.ts';

/** A range of addresses, both ends in it. */
export interface Range {
  readonly first: Address;
  readonly last: Address;
  /** The range as it should be written. */
  readonly canonical: string;
  /** Whether bits are set that the prefix leaves out: `10.0.0.1/8`. */
  readonly hostBits: boolean;
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or one address as a range of one. Undefined where it is none of them. Pure. */
export function readRange(text: string): Range | undefined {
  const [written = '', length, ...rest] = text.split('/');
  // The library also reads 10.1 and 010.0.0.1, which mean something else to everybody else.
  if (readAddress(written) === undefined || written.includes('%') || rest.length > 0) return undefined;
  const shown = ipaddr.parse(written);
  if (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const whole = shown.kind() === 'ipv4' ? 32 : 128;
  const bits = length === undefined ? whole : Number(length);
  if (bits > whole) return undefined;
  // A range of IPv4 addresses in their IPv6 form is one of IPv4 addresses.
  const inner = shown instanceof ipaddr.IPv6 && shown.isIPv4MappedAddress() && bits >= 96;
  const address = inner ? shown.toIPv4Address() : shown;
  return toRange(address.toByteArray(), inner ? bits - 96 : bits);
}

function toRange(bytes: readonly number[], bits: number): Range {
  const first = bytes.map((byte, at) => byte & maskAt(at, bits));
  const last = bytes.map((byte, at) => byte | (255 - maskAt(at, bits)));
  const base = ipaddr.fromByteArray(first).toString();
  return {
    first: wordsOf(first),
    last: wordsOf(last),
    canonical: bits === bytes.length * 8 ? base : `${base}/${bits}`,
    hostBits: bytes.some((byte, at) => byte !== first[at]),
  };
}

/** The bits of the byte at `at` that belong to a prefix of that many bits. */
function maskAt(at: number, bits: number): number {
  const own = Math.min(8, Math.max(0, bits - at * 8));
  return 256 - 2 ** (8 - own);
}

function wordsOf(bytes: readonly number[]): Address {
  const word = (at: number): number =>
    (((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)) * 256 + (bytes[at + 2] ?? 0)) * 256 + (bytes[at + 3] ?? 0);
  return bytes.length === 4 ? [word(0)] : [word(0), word(4), word(8), word(12)];
}
