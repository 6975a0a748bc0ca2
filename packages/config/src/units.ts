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

/** Patterns of the texts below, for the JSON Schema. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$';
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?(B|KB|MB|GB|KiB|MiB|GiB)$';

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
