const DAY = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}Z)?$/;

/**
 * Reads a day or a moment in UTC, as RFC 3339 writes them: `2026-12-31`, `2026-12-31T12:00:00Z`.
 *
 * @param {string} text
 * @returns {number | undefined} milliseconds since 1970; undefined for what is none, the 30th of February among them
 */
export function momentOf(text) {
  const [, day, time = 'T00:00:00Z'] = DAY.exec(text) ?? [];
  const moment = new Date(`${day}${time}`);
  if (Number.isNaN(moment.getTime()) || moment.toISOString() !== `${day}${time.replace('Z', '.000Z')}`)
    return undefined;
  return moment.getTime();
}
