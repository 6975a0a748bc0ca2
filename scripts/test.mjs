// Runs the tests: all but those of test/long.txt; with `--long` those alone, with `--all` both; or the files named as arguments.
// The last line is `N passed, N failed[, N skipped]`. Where CI=true a few files that fail are run once more, alone: what fails
// beside others on a busy machine only is said, loudly, and is no failure.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = `${root}node_modules/.bin`;
const asked = process.argv.slice(2);
const isPart = asked.length === 0 || (asked.length === 1 && ['--long', '--all'].includes(asked[0] ?? ''));
const files = isPart ? partOf(asked[0]) : asked;

/**
 * The files of one part of the suite. By hand: a system's Node that finds no newer one yet has no glob.
 *
 * @param {string | undefined} part
 */
function partOf(part) {
  const long = readFileSync(`${root}test/long.txt`, 'utf8')
    .split('\n')
    .filter((line) => /^[a-z]/.test(line));
  const folders = ['packages', 'plugins'].flatMap((parent) =>
    readdirSync(root + parent).map((name) => `${parent}/${name}/test`),
  );
  const all = [...folders, 'test'].flatMap((folder) =>
    existsSync(root + folder)
      ? readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
          .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
          .filter((name) => name.endsWith('.test.ts'))
      : [],
  );
  const missing = long.filter((name) => !all.includes(name));
  if (missing.length > 0) throw new Error(`test/long.txt names what is not there: ${missing.join(', ')}`);
  if (part === '--all') return all;
  return part === '--long' ? long : all.filter((name) => !long.includes(name));
}

// On a fresh machine the shell has found the system's Node before setup.mjs installed a newer one.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const recent = major > 22 || (major === 22 && minor >= 18);
const node = recent ? process.execPath : `${bin}/node`;

// Its tests are skipped, loudly, where there is none to be had.
spawnSync(process.execPath, [`${root}scripts/nats-server.mjs`], { stdio: 'inherit' });

/** Files that may be run again: where more fail, it is no accident. */
const MOST_AGAIN = 4;

/** Whether a share in the last line of the coverage table is below its threshold: tap says so by its exit code alone. */
function isTooLittle(/** @type {string} */ line) {
  const shares = line.split('|').slice(1, 5).map(Number);
  const rules = readFileSync(`${root}.taprc`, 'utf8');
  return ['statements', 'branches', 'functions', 'lines'].some(
    (name, at) => (shares[at] ?? 0) < Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(rules)?.[1] ?? 0),
  );
}

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/**
 * Runs files; resolves once they are through.
 *
 * @param {readonly string[]} which
 * @param {boolean} whole whether they have to cover as much as .taprc asks for
 */
async function run(which, whole) {
  const tap = spawn(
    node,
    [
      `${root}node_modules/tap/dist/esm/run.mjs`,
      '--reporter=tap',
      ...(whole ? [] : ['--allow-incomplete-coverage', '--allow-empty-coverage']),
      ...(isPart && !whole ? ['--disable-coverage'] : []),
      ...which,
    ],
    {
      cwd: root,
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    },
  );
  running = tap;
  let last = '';
  let totals = '';
  /** @type {Set<string>} */
  const failedFiles = new Set();
  let tooLittleCovered = false;
  const failures = failureReport();
  tap.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    const lines = `${last}${text}`.split('\n');
    last = lines.pop() ?? '';
    for (const line of lines) {
      failures.read(line);
      if (line.startsWith('# { total:')) totals = line;
      if (whole && line.startsWith('All files')) tooLittleCovered = isTooLittle(line);
      const file = /^not ok \d+ - (\S+\.test\.ts)\b/.exec(line)?.[1];
      if (file !== undefined) failedFiles.add(file);
    }
  });
  const code = await new Promise((resolve) => {
    tap.on('error', (error) => {
      console.log(`# tap did not start with ${node}: ${error.message}`);
      resolve(1);
    });
    tap.on('close', (status) => resolve(status ?? 1));
  });
  for (const line of failures.lines) console.log(line);
  const count = (/** @type {string} */ name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals)?.[1] ?? 0);
  return {
    code: Number(code),
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skip') + count('todo'),
    failedFiles: [...failedFiles],
    tooLittleCovered,
  };
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => running?.kill(signal));

// What is covered is asked for where all is run, and in CI: counting it takes a fifth of the time.
const counts = isPart && (asked[0] === '--all' || (asked.length === 0 && process.env['CI'] === 'true'));
const first = await run(files, counts);
let { code, passed, failed } = first;
const again = first.failedFiles;
if (process.env['CI'] === 'true' && again.length > 0 && again.length <= MOST_AGAIN && !first.tooLittleCovered) {
  console.log(`# run again, alone: ${again.join(', ')}`);
  const runs = [];
  for (const file of again) runs.push({ file, ...(await run([file], false)) });
  for (const { file, code: second } of runs)
    console.log(second === 0 ? `# FLAKY: ${file} failed beside others, and passes alone` : `# ${file} fails alone too`);
  if (runs.every((one) => one.code === 0)) {
    passed += runs.reduce((sum, one) => sum + one.passed, 0);
    [code, failed] = [0, 0];
  }
}
if (code !== 0 && failed === 0) {
  console.log(
    '# the run failed outside of any test (see above; coverage thresholds are in .taprc): counted as one failure',
  );
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed${first.skipped > 0 ? `, ${first.skipped} skipped` : ''}`);
process.exitCode = code;

/**
 * Every `not ok` with its diagnosis, to be said again behind the coverage table: a log that is cut keeps its end. `lines` is
 * empty when nothing failed.
 */
function failureReport() {
  const longest = 200;
  /** @type {string[]} */
  const lines = [];
  let diagnosis = false;
  return {
    lines,
    read(/** @type {string} */ line) {
      const failed = /^\s*not ok \d/.test(line) && !/# (TODO|SKIP)\b/i.test(line);
      if (failed || (diagnosis && lines.length < longest)) lines.push(line);
      if (failed) diagnosis = true;
      else if (diagnosis && /^\s*(\.\.\.|ok \d|\d+\.\.\d+)/.test(line)) diagnosis = false;
    },
  };
}
