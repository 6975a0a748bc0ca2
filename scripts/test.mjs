// Runs the tests: all, or the files named as arguments. The last line is `N passed, N failed[, N skipped]`.
import { spawn, spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = `${root}node_modules/.bin`;
const files = process.argv.slice(2);

// On a fresh machine the shell has found the system's Node before setup.mjs installed a newer one.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const recent = major > 22 || (major === 22 && minor >= 18);
const node = recent ? process.execPath : `${bin}/node`;

// Its tests are skipped, loudly, where there is none to be had.
spawnSync(process.execPath, [`${root}scripts/nats-server.mjs`], { stdio: 'inherit' });

const tap = spawn(
  node,
  [
    `${root}node_modules/tap/dist/esm/run.mjs`,
    '--reporter=tap',
    ...(files.length > 0 ? ['--allow-incomplete-coverage', '--allow-empty-coverage'] : []),
    ...files,
  ],
  {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
  },
);

let last = '';
let totals = '';
const failures = failureReport();
tap.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  const lines = `${last}${text}`.split('\n');
  last = lines.pop() ?? '';
  totals = lines.findLast((line) => line.startsWith('# { total:')) ?? totals;
  for (const line of lines) failures.read(line);
});

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

function count(/** @type {string} */ name) {
  return Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals)?.[1] ?? 0);
}

tap.on('error', (error) => {
  console.log(`# tap did not start with ${node}: ${error.message}\n0 passed, 1 failed`);
  process.exitCode = 1;
});
tap.on('close', (code) => {
  const exit = code ?? 1;
  for (const line of failures.lines) console.log(line);
  let failed = count('fail');
  if (exit !== 0 && failed === 0) {
    console.log(
      '# the run failed outside of any test (see above; coverage thresholds are in .taprc): counted as one failure',
    );
    failed = 1;
  }
  const skipped = count('skip') + count('todo');
  console.log(`${count('pass')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = exit;
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => tap.kill(signal));
