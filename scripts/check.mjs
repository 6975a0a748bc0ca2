// Runs every static check, two at a time, and prints one line for each: `npm run check`, or `npm run check -- lint types`.
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}node_modules/.bin${delimiter}${process.env['PATH'] ?? ''}`;

/** @type {Record<string, string>} */
const checks = {
  types: 'tsc --noEmit --pretty false',
  lint: 'oxlint',
  floors: 'depcruise --config .dependency-cruiser.cjs --output-type err packages plugins test scripts bench',
  'dead-code': 'knip --no-progress --no-config-hints',
  'type-coverage': 'type-coverage --project tsconfig.json --detail --show-relative-path',
  format: 'oxfmt --check',
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`unknown check ${unknown.join(', ')}; there are: ${Object.keys(checks).join(', ')}`);
  process.exit(2);
}

/** Runs one check to its end. @returns {Promise<boolean>} whether it passed */
function run(/** @type {string} */ name) {
  const start = process.hrtime.bigint();
  return new Promise((resolve) => {
    const child = spawn(checks[name] ?? '', { cwd: root, shell: true, env: { ...process.env, PATH: path } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('close', (code) => {
      const seconds = (Number(process.hrtime.bigint() - start) / 1e9).toFixed(1);
      if (code !== 0) console.log(output.trimEnd());
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${seconds} s`);
      resolve(code === 0);
    });
  });
}

const queue = asked.length > 0 ? asked : Object.keys(checks);
let failed = 0;
async function work() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) if (!(await run(name))) failed += 1;
}
await Promise.all([work(), work()]);
if (failed > 0) process.exitCode = 1;
