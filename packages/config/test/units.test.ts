import t from 'tap';
import { parseDuration, parseSize } from '../src/index.ts';

t.test('durations are read into milliseconds', (t) => {
  const cases: readonly (readonly [string | number, number | undefined])[] = [
    ['250ms', 250],
    ['5s', 5000],
    ['1.5s', 1500],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [0, 0],
    [1500, undefined],
    ['1500', undefined],
    [1.5, undefined],
    [-1, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['5', undefined],
    ['5 s', undefined],
    ['5S', undefined],
    ['0.0001s', undefined],
    ['-5s', undefined],
    ['5s5s', undefined],
    ['1e3s', undefined],
    ['999999999999999d', undefined],
    ['', undefined],
  ];
  for (const [text, value] of cases) t.equal(parseDuration(text), value, String(text));
  t.end();
});

t.test('sizes are read into bytes', (t) => {
  const cases: readonly (readonly [string | number, number | undefined])[] = [
    ['16KiB', 16_384],
    ['10MiB', 10_485_760],
    ['1KB', 1000],
    ['2GB', 2_000_000_000],
    ['1.5GiB', 1_610_612_736],
    ['7B', 7],
    [512, 512],
    ['16kib', undefined],
    ['1K', undefined],
    ['0.3B', undefined],
  ];
  for (const [text, value] of cases) t.equal(parseSize(text), value, String(text));
  t.end();
});
