import type { SoakResult } from './form.ts';
import { ROWS } from './rows.ts';
import type { Row } from './rows.ts';

/** The forms whose figures the page has to have, in its order, and what each is about until it was run. */
const WANTED: Readonly<Record<string, string>> = {
  reloads: 'requests lost, or answered under a wrong revision, while documents come at 100 a second',
  'poisoned-upstream': 'answers mixed up between clients under a poisoned upstream',
  'keep-alive-race': 'GET lost, or POST sent twice, while the upstream closes connections that wait',
  drain: 'requests lost in ends by SIGTERM under load',
  'rolling-upgrade': 'requests lost while programs follow one another on one socket',
  'cold-start': 'the longest cold start without NATS',
  'worker-killed': 'the longest time until a worker that was killed is back',
  memory: 'growth of the resident memory over reloads',
  'two-workers': 'runs of the tests of requests and reloads that failed with two workers',
  'generated-requests': 'generated requests that failed',
  'generated-answers': 'generated answers of upstreams that failed',
  'generated-documents': 'generated documents that failed',
  'generated-policies': 'generated paths and origins that failed',
  faults: 'runs of fault tests that failed',
  corpus: 'runs of the corpus that failed, with the numbers of its floods in full',
};

const number = new Intl.NumberFormat('en-US');

/** The figures of the last full runs, as a table, with what failed below. Those of short forms are none. */
export function soakSection(results: readonly SoakResult[]): string {
  const full = results.filter((one) => one.full);
  const others = full.filter(({ name }) => !(name in WANTED));
  const rows = [
    ...Object.entries(WANTED).map(([name, title]) => {
      const found = full.find((one) => one.name === name);
      return found === undefined ? `| ${name} | ${title} | not run in full yet | | | |` : rowOf(found);
    }),
    ...others.map(rowOf),
  ];
  return [
    '| form | figure | measured | at most | holds | run |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...remarksOf(full),
    ...failuresOf(full),
  ].join('\n');
}

function rowOf({ name, title, figure, unit, denominator, most, failures, seed, seconds, date }: SoakResult): string {
  const measured = `${number.format(figure)} ${unit} of ${number.format(denominator)}`;
  const holds = failures.length === 0 && figure <= most ? 'yes' : '**no**';
  const run = `${date.slice(0, 10)}, ${number.format(seconds)} s, seed ${seed}`;
  return `| ${name} | ${title} | ${measured} | ${number.format(most)} ${unit} | ${holds} | ${run} |`;
}

function remarksOf(results: readonly SoakResult[]): readonly string[] {
  const lines = results.filter(({ remarks }) => remarks !== '').map(({ name, remarks }) => `- ${name}: ${remarks}`);
  const machines = [...new Set(results.map(({ machine }) => machine))].filter((one) => one !== '');
  const where = machines.length === 0 ? [] : ['', `Measured on ${machines.join('; and on ')}.`];
  return lines.length === 0 ? where : ['', ...lines, ...where];
}

function failuresOf(results: readonly SoakResult[]): readonly string[] {
  const failed = results.filter(({ failures }) => failures.length > 0);
  if (failed.length === 0) return [];
  const lines = failed.flatMap(({ name, failures }) => failures.slice(0, 10).map((one) => `- ${name}: ${one}`));
  return ['', 'What failed:', '', ...lines];
}

/** The rows of faults, each with the tests that prove it and what is to be said; those that are not proven say so. */
export function rowsSection(rows: readonly Row[] = ROWS): string {
  const said = { yes: 'yes', partly: 'partly', no: '**no**' } as const;
  const count = (wanted: Row['proven']): number => rows.filter(({ proven }) => proven === wanted).length;
  return [
    `${count('yes')} of ${rows.length} rows are proven, ${count('partly')} in part, ${count('no')} are not.`,
    '',
    '| row | fault | proven | by | remark |',
    '|---|---|---|---|---|',
    ...rows.map(({ id, fault, proven, tests, remark }) => {
      const links = tests.map((file) => `[${nameOf(file)}](../${file})`).join(', ');
      return `| ${id} | ${fault} | ${said[proven]} | ${links} | ${remark} |`;
    }),
  ].join('\n');
}

function nameOf(file: string): string {
  return file.replace(/^.*\/test\/|^test\//, '').replace('.test.ts', '');
}
