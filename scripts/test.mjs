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
tap.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  const lines = `${last}${text}`.split('\n');
  last = lines.pop() ?? '';
  totals = lines.findLast((line) => line.startsWith('# { total:')) ?? totals;
});

function count(/** @type {string} */ name) {
  return Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals)?.[1] ?? 0);
}

tap.on('error', (error) => {
  console.log(`# tap did not start with ${node}: ${error.message}\n0 passed, 1 failed`);
  process.exitCode = 1;
});
tap.on('close', (code) => {
  const exit = code ?? 1;
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
