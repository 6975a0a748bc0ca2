import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { test } from 'tap';
import { MAX_VALUE_BYTES, packValue, unpackValue } from '../src/value.ts';

const KIB = 1024;

test('a value is gzip-ed above 256 KiB and comes back as it was', async (t) => {
  const small = randomBytes(256 * KIB);
  t.equal(packValue(small), small);
  const large = Buffer.alloc(256 * KIB + 1, 'a');
  const packed = packValue(large);
  t.ok(packed.length < 1024);
  for (const bytes of [small, large]) {
    const unpacked = unpackValue(packValue(bytes));
    t.ok(unpacked.kind === 'bytes' && bytes.equals(unpacked.bytes));
  }
});

test('a value above 8 MiB is not taken, however small it came', async (t) => {
  t.equal(unpackValue(Buffer.alloc(MAX_VALUE_BYTES)).kind, 'bytes');
  t.equal(unpackValue(Buffer.alloc(MAX_VALUE_BYTES + 1)).kind, 'too-large');
  t.equal(unpackValue(gzipSync(Buffer.alloc(MAX_VALUE_BYTES))).kind, 'bytes');
  t.equal(unpackValue(gzipSync(Buffer.alloc(MAX_VALUE_BYTES + 1))).kind, 'too-large');
});

test('a value that starts as gzip and is none is broken', async (t) => {
  const whole = gzipSync(Buffer.from('apiGroups: []'));
  t.equal(unpackValue(whole.subarray(0, -3)).kind, 'broken');
  t.equal(unpackValue(Buffer.of(0x1f, 0x8b)).kind, 'broken');
});
