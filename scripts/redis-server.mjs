// Sees to it that the tests that count in Redis have a server to run against: the system's. Where it cannot be had that is said, and the
// tests that need it are skipped, and say so.
import { spawnSync } from 'node:child_process';

/** Runs a program quietly. @returns {boolean} whether it went well */
function run(/** @type {string} */ file, /** @type {string[]} */ words) {
  return spawnSync(file, words, { stdio: 'ignore', timeout: 180_000 }).status === 0;
}

function install() {
  if (run('redis-server', ['--version'])) return;
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !run('apt-get', ['--version'])) {
    console.error('no redis-server here, and it cannot be installed without root and apt: its tests are skipped');
    return;
  }
  const words = ['install', '--yes', '--no-install-recommends', 'redis-server'];
  if (run('apt-get', words) || (run('apt-get', ['update']) && run('apt-get', words))) return;
  console.error('apt-get could not install redis-server: its tests are skipped');
}

install();
