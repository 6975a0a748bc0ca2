// Loaded before a program of the tests: `PLANT=<name>` puts that bug into the product files as they are loaded. No product
// file knows of it.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PLANTS } from './plants.ts';

const ROOT = new URL('../../', import.meta.url);
const plant = PLANTS.find(({ name }) => name === process.env['PLANT']);
if (plant === undefined) throw new Error(`no bug is called ${process.env['PLANT']}`);
const open = new Set(plant.edits);

registerHooks({
  load(url, context, next) {
    const edits = plant.edits.filter(({ file }) => new URL(file, ROOT).href === url);
    if (edits.length === 0) return next(url, context);
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const edit of edits) {
      if (source.split(edit.from).length !== 2) throw new Error(`${edit.file} does not hold this once: ${edit.from}`);
      source = source.replace(edit.from, () => edit.to);
      open.delete(edit);
    }
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});
process.on('exit', () => {
  if (open.size > 0) process.exitCode = 3;
});
