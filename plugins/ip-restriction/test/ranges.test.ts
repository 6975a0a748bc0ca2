// The reader that runs on requests, and the set of ranges, held against ipaddr.js.
import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { test } from 'tap';
import { readAddress } from '../src/address.ts';
import { RangeSet } from '../src/range-set.ts';
import { readRange } from '../src/range.ts';

const byte = fc.integer({ min: 0, max: 255 });
/** Bytes near to one another, so that ranges meet addresses. */
const near = fc.constantFrom(0, 1, 10, 127, 128, 255);
const quad = fc.array(fc.oneof(near, byte), { minLength: 4, maxLength: 4 });
const sixteen = fc.oneof(
  fc.array(fc.oneof(near, byte), { minLength: 16, maxLength: 16 }),
  quad.map((bytes) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes]),
);
/** Addresses in every spelling that the library knows. */
const spelling = fc.oneof(
  quad.map((bytes) => ipaddr.fromByteArray(bytes).toString()),
  fc.tuple(sixteen, fc.nat({ max: 3 })).map(([bytes, form]) => {
    const address = ipaddr.IPv6.parse(ipaddr.fromByteArray(bytes).toString());
    if (form === 0) return address.toString();
    if (form === 1) return address.toNormalizedString();
    if (form === 2) return address.toNormalizedString().toUpperCase();
    return `${address.parts
      .slice(0, 6)
      .map((part) => part.toString(16))
      .join(':')}:${bytes.slice(12).join('.')}`;
  }),
);
const cidr = fc.tuple(spelling, fc.nat({ max: 128 })).map(([address, bits]) => {
  const most = address.includes(':') ? 128 : 32;
  return `${address}/${bits % (most + 1)}`;
});

/** What the library says, IPv4 in its IPv6 form as IPv4. */
function holds(range: string, address: string): boolean {
  const [base = '', bits = ''] = range.split('/');
  const shown = ipaddr.parse(base);
  const mapped = shown instanceof ipaddr.IPv6 && shown.isIPv4MappedAddress() && Number(bits) >= 96;
  const inner = mapped ? shown.toIPv4Address() : shown;
  const asked = ipaddr.process(address);
  if (inner.kind() !== asked.kind()) return false;
  const own = asked.toByteArray();
  const length = mapped ? Number(bits) - 96 : Number(bits);
  const bitAt = (bytes: readonly number[], at: number): number => ((bytes[at >> 3] ?? 0) >> (7 - (at % 8))) & 1;
  const start = inner.toByteArray();
  return Array.from({ length }, (_, at) => at).every((at) => bitAt(start, at) === bitAt(own, at));
}

test('an address is read as the library reads it, in every spelling', async (t) => {
  fc.assert(
    fc.property(spelling, (text) => {
      const bytes = ipaddr.process(text).toByteArray();
      const words = Array.from({ length: bytes.length / 4 }, (_, word) =>
        bytes.slice(word * 4, word * 4 + 4).reduce((value, one) => value * 256 + one, 0),
      );
      return JSON.stringify(readAddress(text)) === JSON.stringify(words);
    }),
  );
  t.pass();
});

test('what is no address to Node is none to the reader, and the other way round', async (t) => {
  const noise = fc.string({ unit: fc.constantFrom(...'0123456789abcfFg:.:::.. %/x'.split('')), maxLength: 24 });
  const broken = fc
    .tuple(spelling, fc.nat({ max: 40 }), fc.constantFrom('', ':', '.', '0', 'g', '::', '%', '256'))
    .map(([text, at, put]) => `${text.slice(0, at)}${put}${text.slice(at + 1)}`);
  fc.assert(
    fc.property(fc.oneof(noise, broken), (text) => {
      // Zones are cut off whatever they are.
      return text.includes('%') || (readAddress(text) !== undefined) === isIP(text) > 0;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('a set of ranges holds what one of its ranges holds', async (t) => {
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 40 }), fc.array(spelling, { maxLength: 10 }), (ranges, addresses) => {
      const set = new RangeSet(ranges.flatMap((range) => readRange(range) ?? []));
      // The ends of ranges, and what stands beside them, are where a mistake would be.
      const ends = ranges.map((range) => range.slice(0, range.indexOf('/')));
      return [...addresses, ...ends].every((address) => {
        const asked = readAddress(address);
        return asked !== undefined && set.has(asked) === ranges.some((range) => holds(range, address));
      });
    }),
  );
  t.pass();
});

test('10,000 ranges are one list, and the addresses beside each are outside', async (t) => {
  const texts = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 7}.${(at % 128) * 2}.0/24`);
  const set = new RangeSet(texts.toReversed().flatMap((text) => readRange(text) ?? []));
  const has = (text: string): boolean => {
    const address = readAddress(text);
    return address !== undefined && set.has(address);
  };
  for (const text of ['10.0.0.0', '10.0.0.255', '10.77.254.1', '10.78.30.255']) t.equal(has(text), true, text);
  for (const text of ['9.255.255.255', '10.0.1.0', '10.77.255.0', '11.0.0.0', '255.255.255.255'])
    t.equal(has(text), false, text);
});
