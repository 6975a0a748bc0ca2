/** Whether the full forms are asked for: `SOAK=1`, set by the soak run. */
export const FULL = process.env['SOAK'] === '1';

/** A number of the short form, or of the full one. */
export function sized(short: number, full: number): number {
  return FULL ? full : short;
}
