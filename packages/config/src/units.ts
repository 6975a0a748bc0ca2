/** What a text with a unit is worth, or undefined when it is none. */
type Units = ReadonlyMap<string, number>;

const DURATIONS: Units = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const SIZES: Units = new Map([
  ['B', 1],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** Milliseconds of `250ms`, `5s`, `1.5m`, `2h`, `1d` or 0; undefined when it is none: a bare 10 says seconds to one reader and milliseconds to another. Pure. */
export function parseDuration(text: string | number): number | undefined {
  if (typeof text === 'number') return text === 0 ? 0 : undefined;
  return parseUnit(text, DURATIONS);
}

/** Bytes of `16KiB`, `10MiB`, `1KB` or a whole number of bytes; undefined when it is none. Pure. */
export function parseSize(text: string | number): number | undefined {
  return parseUnit(text, SIZES);
}

function parseUnit(text: string | number, units: Units): number | undefined {
  if (typeof text === 'number') return Number.isSafeInteger(text) && text >= 0 ? text : undefined;
  const match = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]{1,3})$/.exec(text);
  const unit = units.get(match?.[2] ?? '');
  if (match === null || unit === undefined) return undefined;
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}

const WORDS: Readonly<Record<'duration' | 'size', readonly (readonly [word: RegExp, unit: string])[]>> = {
  duration: [
    [/^(?:ms|msecs?|millis|milliseconds?)$/i, 'ms'],
    [/^(?:s|secs?|seconds?)$/i, 's'],
    [/^(?:m|mins?|minutes?)$/i, 'm'],
    [/^(?:h|hrs?|hours?)$/i, 'h'],
    [/^(?:d|days?)$/i, 'd'],
  ],
  size: [
    [/^(?:b|bytes?)$/i, 'B'],
    [/^(?:k|kib|kilobytes?|kibibytes?|kb)$/i, 'KiB'],
    [/^(?:m|mib|megabytes?|mebibytes?|mb)$/i, 'MiB'],
    [/^(?:g|gib|gigabytes?|gibibytes?|gb)$/i, 'GiB'],
  ],
};

/** What a number with a unit of everyday speech is in ours: `10 seconds` is 10s, `10M` is 10MiB, a bare 500 may be two things. Pure. */
export function nearUnit(text: string | number, kind: 'duration' | 'size' | undefined): string | undefined {
  const [, number = '', word = ''] = /^\s*(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)\s*$/i.exec(String(text)) ?? [];
  if (number === '' || kind === undefined) return undefined;
  if (word === '') return kind === 'duration' ? `${number}ms or ${number}s` : undefined;
  const unit = WORDS[kind].find(([pattern]) => pattern.test(word))?.[1];
  return unit === undefined ? undefined : `${number}${unit}`;
}
