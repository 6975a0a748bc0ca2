// Golden pairs: `x.in.yaml` is a document, `x.out.yaml` what becomes of it. `UPDATE=1 npm test -- test/manifests/manifests.test.ts`
// writes the second anew; review it as a diff.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { report } from './report.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const update = process.env['UPDATE'] === '1';
const inputs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.in.yaml'))
  .sort();

t.ok(inputs.length > 50, 'there are golden pairs');
for (const input of inputs) {
  const output = input.replace(/\.in\.yaml$/, '.out.yaml');
  const name = input.replace(/\.in\.yaml$/, '').replace(/[-/]/g, ' ');
  t.test(`${name} gives what was reviewed`, async (t) => {
    const got = await report(readFileSync(`${folder}${input}`, 'utf8'), basename(input));
    if (update) writeFileSync(`${folder}${output}`, got);
    t.equal(got, readFileSync(`${folder}${output}`, 'utf8'));
    t.notMatch(got, /s3cr3t/i, 'no value of a reference is shown');
  });
}
