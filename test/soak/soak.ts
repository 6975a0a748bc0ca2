// The soak run: `npm run test:soak`, every form in full, one after the other; `-- --short` each in seconds. --help has the rest.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SoakResult } from './form.ts';
import { machine } from './form.ts';
import { forms } from './forms.ts';
import type { Form } from './forms.ts';
import { readResults } from './results.ts';
import { JITTER, ROOT, runFile } from './run-file.ts';
import type { Run, RunOptions } from './run-file.ts';
import { Screen } from './screen.ts';

const HELP = `npm run test:soak -- [--short] [--only NAME]... [--together N] [--out FOLDER] [--seed N] [--json] [--list]

Runs the soak forms, and writes a JSON file for each figure. In full they take hours, and want a machine that does nothing else.

  --short        each form in seconds: says that it runs, and not much more
  --only NAME    one form; may be repeated
  --together N   so many files of a form at a time, of the forms that count runs; default: 1
  --out FOLDER   where the figures go; default: docs/reliability, and a folder of the cache with --short
  --seed N       the chance of the forms; default: another each time, printed
  --json         the figures as one JSON array at the end, and nothing else on the standard output
  --list         the names of the forms

docs/reliability.md is made of the figures: UPDATE=1 npm test -- test/corpus/page.test.ts
What a failed run said is kept in node_modules/.cache/postern/soak-failed.
Exit codes: 0 all hold, 1 one does not, 2 wrong usage.
`;

/** Milliseconds at random before a run of fault tests. */
const PAUSE = 2000;

interface Options extends RunOptions {
  readonly together: number;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const all = forms(ROOT);
  const flags = flagsOf(process.argv.slice(2));
  if (typeof flags === 'string') {
    process.stderr.write(`${flags}\n\n${HELP}`);
    return 2;
  }
  if (flags.help || flags.list) {
    process.stdout.write(flags.help ? HELP : `${all.map(({ name }) => name).join('\n')}\n`);
    return 0;
  }
  const { only, short } = flags;
  const unknown = only.filter((name) => !all.some((form) => form.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`no form ${unknown.join(', ')}; there are: ${all.map(({ name }) => name).join(', ')}\n`);
    return 2;
  }
  const out = flags.out ?? join(ROOT, short ? 'node_modules/.cache/postern/soak' : 'docs/reliability');
  mkdirSync(out, { recursive: true });
  const options: Options = { short, out, seed: flags.seed, together: flags.together, screen: new Screen(!flags.json) };
  options.screen.line(`seed ${flags.seed}, ${machine()}${short ? ', short forms' : ''}`);
  const begun = new Date().toISOString();
  const failed: string[] = [];
  for (const form of all) {
    if (only.length > 0 && !only.includes(form.name)) continue;
    if (form.files.length === 0) options.screen.line(`--   ${form.name}: there are no files of it here`);
    else if (!(await runForm(form, options))) failed.push(form.name);
  }
  const results = readResults(out).filter(({ date }) => date >= begun);
  for (const { name, title, figure, unit, denominator } of results)
    options.screen.line(`     ${name}: ${title}: ${figure} ${unit} of ${denominator}`);
  if (flags.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  options.screen.line(failed.length === 0 ? 'all hold' : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** The flags, or what is wrong with them. */
function flagsOf(words: string[]) {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        short: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
        seed: { type: 'string' },
        together: { type: 'string', default: '1' },
      },
    });
    const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
    const together = Number(values.together);
    if (!Number.isInteger(seed)) return `--seed ${values.seed} is no whole number`;
    if (!Number.isInteger(together) || together < 1) return `--together ${values.together} is no number from 1`;
    return { ...values, seed, together };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Runs the files of a form; true where all of it holds. */
async function runForm(form: Form, options: Options): Promise<boolean> {
  const { screen, short, seed } = options;
  const begun = performance.now();
  const times = form.times?.[short ? 'short' : 'full'] ?? 1;
  const together = form.times === undefined ? 1 : options.together;
  const runs = Array.from({ length: times }, (_, time) =>
    form.files.map((file) => ({ file, first: time === 0 })),
  ).flat();
  const failures: string[] = [];
  const waiting = [...runs];
  const running = new Set<string>();
  // Not one file twice at a time: its runs share a folder.
  const take = (): Run | undefined => {
    const at = waiting.findIndex(({ file }) => !running.has(file));
    return at === -1 ? undefined : waiting.splice(at, 1)[0];
  };
  const oneByOne = async (): Promise<void> => {
    for (let run = take(); run !== undefined; run = take()) {
      running.add(run.file);
      const many = `${runs.length - waiting.length} of ${runs.length}, ${failures.length} failed`;
      screen.progress(`${form.name}: ${run.file}${runs.length > 1 ? ` (${many})` : ''}`);
      if (times > 1) await wait(Math.random() * PAUSE);
      const failure = await runFile(form, run, options);
      running.delete(run.file);
      if (failure === undefined) continue;
      failures.push(failure);
      screen.line(failure);
    }
  };
  await Promise.all(Array.from({ length: together }, oneByOne));
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  if (form.times !== undefined) {
    const result: SoakResult = {
      name: form.name,
      title: `runs of the ${form.files.length} test files of ${form.name} that failed`,
      figure: failures.length,
      unit: 'runs',
      most: 0,
      denominator: runs.length,
      failures: failures.slice(0, 100),
      seed,
      seconds,
      date: new Date().toISOString(),
      machine: machine(),
      full: !short,
      remarks: remarksOf(times, together),
    };
    writeFileSync(join(options.out, `${form.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
  screen.line(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${form.name.padEnd(18)} ${seconds} s`);
  return failures.length === 0;
}

function remarksOf(times: number, together: number): string {
  const remarks =
    times > 1 ? [`each ${times} times, the first in its long form, faults up to ${JITTER} ms later at random`] : [];
  return [...remarks, ...(together > 1 ? [`${together} files at a time`] : [])].join('; ');
}
