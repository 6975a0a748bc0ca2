import type { Path } from '@postern/model';
import type { Inspection } from './inspection.ts';
import { isJudged, remark, shownAt } from './inspection.ts';
import { quoted } from './quote.ts';
import { isFieldName } from './route-conditions.ts';

/** RFC 9110 section 5.5: visible characters, spaces and tabs, none of them at an end. */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/** Checks header lines of a test: names and values that a message can have. Null is a line that must be absent. */
export function checkFields<Value extends string | null>(
  inspection: Inspection,
  fields: Readonly<Record<string, Value>>,
  path: Path,
): readonly (readonly [name: string, value: Value])[] {
  const checked = new Map<string, Value>();
  for (const [written, value] of Object.entries(fields)) {
    const at = [...path, written];
    const name = written.toLowerCase();
    if (!isFieldName(written)) {
      const message = `${quoted(written)} is not a header name`;
      remark(inspection, at, { code: 'tests/header', message, fix: 'write for example x-beta', atKey: true });
    } else if (checked.has(name)) {
      const message = `${quoted(written)} is here twice: header names are the same in any case`;
      remark(inspection, at, { code: 'tests/header', message, fix: 'keep one of the two', atKey: true });
    } else if (name === 'host' && path.at(-2) === 'request') {
      const fix = 'write it under request.host';
      remark(inspection, at, { code: 'tests/header', message: 'the host has a key of its own', fix, atKey: true });
    } else if (typeof value === 'string' && !VALUE.test(value) && isJudged(inspection, at)) {
      const message = `${shownAt(inspection, at)} is a value that no header can have`;
      const fix = 'write visible characters, without line breaks, and without white space around them';
      remark(inspection, at, { code: 'tests/header', message, fix });
    }
    checked.set(name, value);
  }
  return [...checked];
}
